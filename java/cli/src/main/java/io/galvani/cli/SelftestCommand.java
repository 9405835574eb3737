package io.galvani.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.galvani.InputException;
import io.galvani.bench.Bench;
import io.galvani.bench.Cases;
import io.galvani.bench.DeviceTiming;
import io.galvani.cable.Mode;
import io.galvani.device.cuda.Cuda;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.validation.Excerpt;
import io.galvani.validation.SelfTest;
import io.galvani.validation.Suite;
import io.galvani.validation.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code galvani selftest}. */
@Command(name = "selftest", mixinStandardHelpOptions = true, description = {
    "Check a GPU: every kernel against the CPU, the cases of the validation suite, a short benchmark.",
    "Writes selftest.txt and selftest.json, to be attached to a report. Fails unless all passes."})
final class SelftestCommand implements Callable<Integer> {
  private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final List<String> LOADS = List.of("c200x16384", "l5pcx2048");
  private static final int ROUNDS = 5;

  @Option(names = "--device", paramLabel = "cuda", defaultValue = "cuda", description = "What is checked. Default: ${DEFAULT-VALUE}")
  private String device;

  @Option(names = "--cases", paramLabel = "DIR", description = "Cases to run, or folders of them. Default: validation/cases")
  private List<Path> cases;

  @Option(names = "--first", paramLabel = "MS", description = "Judge only so many ms of each case.")
  private Double first;

  @Option(names = "--out", paramLabel = "DIR", defaultValue = ".", description = "Where the two files go. Default: ${DEFAULT-VALUE}")
  private Path out;

  @Spec private CommandSpec spec;

  private final StringBuilder text = new StringBuilder();
  private final ObjectNode json = MAPPER.createObjectNode();
  private int passed;
  private int failed;

  @Override
  public Integer call() throws IOException {
    if (!device.equals("cuda")) {
      throw InputException.unknown("--device", null, "device to test", device, List.of("cuda"));
    }
    if (first != null && !(first > 0)) {
      throw new InputException("--first", null, first + " ms is not above 0", null);
    }
    CudaDevice gpu = CudaDevice.get();
    print("Galvani " + Galvani.Version.number() + " on " + gpu.description());
    print(Cuda.driver() + "; JDK " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.version"));
    json.put("galvani", Galvani.Version.number()).put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
        .put("gpu", gpu.description()).put("driver", Cuda.driver()).put("java", Runtime.version().toString())
        .put("standIn", gpu.gpu().isStandIn());
    kernels(gpu);
    validation(gpu);
    timing(gpu);
    print("");
    print(failed == 0 ? "All " + passed + " checks pass" : failed + " of " + (passed + failed) + " checks FAIL");
    json.put("passed", passed).put("failed", failed);
    write("selftest.txt", text.toString());
    write("selftest.json", MAPPER.writeValueAsString(json) + "\n");
    return failed == 0 ? 0 : 1;
  }

  private void kernels(CudaDevice gpu) {
    print("");
    print("Kernels, against the CPU");
    var array = json.putArray("kernels");
    for (var f : new SelfTest(gpu, f -> print(f.toString())).run()) {
      array.addObject().put("kernel", f.kernel()).put("passed", f.passed()).put("result", f.result());
      count(f.passed());
    }
  }

  private void validation(CudaDevice gpu) {
    var array = json.putArray("cases");
    List<Path> folders = cases != null ? cases : List.of(Bench.root().resolve("validation/cases"));
    Excerpt.Choice choice = first == null ? Excerpt.Choice.WHOLE : (run, tstop, spikes) -> Optional.of(new Excerpt(0, Math.min(tstop, first)));
    for (Mode mode : Mode.ALL) {
      print("");
      print("Cases, " + mode);
      var suite = new Suite(gpu, mode, choice, this::print);
      for (Verdict v : folders.stream().flatMap(f -> suite.judge(f).stream()).toList()) {
        array.addObject().put("mode", mode.toString()).put("run", v.run()).put("passed", v.passed()).put("verdict", v.toString());
        count(v.passed());
      }
    }
  }

  private void timing(CudaDevice gpu) {
    print("");
    if (gpu.gpu().isStandIn()) {
      print("Not timed: the driver is a stand-in for a GPU and runs on the processor");
      return;
    }
    print("Timing, median (smallest–largest) of " + ROUNDS + " rounds; the CPU with all its processors");
    var array = json.putArray("timing");
    for (var row : DeviceTiming.compare(gpu, LOADS.stream().map(Cases::load).toList(), ROUNDS)) {
      print(row.toString());
      array.addObject().put("load", row.load()).put("mode", row.mode()).put("unit", "ns per compartment-step")
          .<ObjectNode>setAll(Map.of("gpu", MAPPER.valueToTree(row.device().values()), "cpu", MAPPER.valueToTree(row.cpu().values())));
    }
  }

  private void count(boolean pass) {
    if (pass) {
      passed++;
    } else {
      failed++;
    }
  }

  private void print(String line) {
    PrintWriter terminal = spec.commandLine().getOut();
    terminal.println(line);
    terminal.flush();
    text.append(line).append('\n');
  }

  private void write(String name, String content) throws IOException {
    Files.createDirectories(out);
    Path fresh = out.resolve(name + ".new");
    try {
      Files.writeString(fresh, content);
      Files.move(fresh, out.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
    print("written: " + out.resolve(name));
  }
}
