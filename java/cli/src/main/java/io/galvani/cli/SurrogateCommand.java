package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.surrogate.KerasFile;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.OnnxFile;
import io.galvani.surrogate.Output;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code galvani surrogate}. */
@Command(name = "surrogate", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND", subcommands = SurrogateRunCommand.class,
    description = "Networks that stand for a cell: what is in a file, files from Keras, files for other runtimes, runs.")
final class SurrogateCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** Shows a file. */
  @Command(name = "describe", mixinStandardHelpOptions = true, description = "Show layers, shapes, parameters, cost, channels and outputs.")
  void describe(@Parameters(paramLabel = "FILE", description = "A surrogate (.safetensors), or a model of Keras (.h5).") Path file) {
    print(spec.commandLine().getOut(), read(file));
  }

  /** Imports a network of Keras. */
  @Command(name = "convert", mixinStandardHelpOptions = true, description = "Write a surrogate file from a Keras file.")
  void convert(@Parameters(paramLabel = "KERAS.h5", description = "A whole model, or weights alone.") Path keras,
      @Parameters(paramLabel = "OUT", description = "The file to write (.safetensors).") Path out,
      @Option(names = "--description", paramLabel = "FILE",
          description = "Channels, outputs, slots; for weights alone the layers too: YAML or JSON.") Path description) throws IOException {
    if (isKeras(out)) {
      throw new InputException(out.toString(), null, "has the name of a Keras file", "Surrogates are NAME.safetensors");
    }
    var surrogate = description == null ? KerasFile.read(keras) : KerasFile.read(keras, description);
    SurrogateFile.write(out, surrogate);
    var n = surrogate.network();
    spec.commandLine().getOut().printf("%s: %d layers, %,d parameters%n", out, n.layers().size(), n.parameters());
  }

  /** Exports a network. */
  @Command(name = "export", mixinStandardHelpOptions = true, description = "Write the network as ONNX.")
  void export(@Parameters(paramLabel = "FILE", description = "A surrogate (.safetensors), or a model of Keras (.h5).") Path file,
      @Parameters(paramLabel = "OUT.onnx", description = "The file to write.") Path out,
      @Option(names = "--incremental", description = "One sample after another, older columns kept, not a whole window each time.")
      boolean incremental) throws IOException {
    if (!out.toString().endsWith(".onnx")) {
      throw new InputException(out.toString(), null, "has not the name of an ONNX file", "Write NAME.onnx");
    }
    if (incremental) {
      OnnxFile.writeIncremental(out, file.toString(), read(file));
    } else {
      OnnxFile.write(out, file.toString(), read(file));
    }
    spec.commandLine().getOut().printf("%s: %,d bytes%n", out, Files.size(out));
  }

  private static Surrogate read(Path file) {
    return isKeras(file) ? KerasFile.read(file) : SurrogateFile.read(file);
  }

  private static boolean isKeras(Path file) {
    return file.toString().endsWith(".h5") || file.toString().endsWith(".hdf5");
  }

  private static void print(PrintWriter out, Surrogate s) {
    var n = s.network();
    out.printf("%s: %d samples of %s ms, %d channels, %d outputs, the mean of %d%n", s.name(), n.window(), s.sample(), n.channels(),
        n.outputs(), n.repeats());
    if (!s.about().isEmpty()) {
      out.println("  " + s.about());
    }
    out.printf("%n  %-20s %-18s %-14s %12s  %s%n", "layer", "type", "makes", "parameters", "weights");
    for (int i = 0; i < n.layers().size(); i++) {
      Layer l = n.layers().get(i);
      long parameters = l.weights().values().stream().mapToLong(w -> w.size()).sum();
      String weights = l.weights().entrySet().stream().map(e -> e.getKey() + " " + Arrays.toString(e.getValue().shape()))
          .collect(Collectors.joining(", "));
      out.printf("  %-20s %-18s %-14s %,12d  %s%n", l.name(), l.type(), Arrays.toString(n.shape(i + 1)), parameters, weights);
    }
    out.printf("  %,d parameters%n%n  as it is computed:%n", n.parameters());
    Plan.of(n).describe().forEach(line -> out.println("  " + line));
    out.printf("%n  channels: %s%n", s.channels().stream().map(c -> named(c.name(), c.unit())).collect(Collectors.joining(", ")));
    out.printf("  outputs: %s%n", s.outputs().stream().map(o -> named(o.name(), o.unit())
        + (o.channel() == Output.NO_CHANNEL ? "" : " to channel " + s.channels().get(o.channel()).name()))
        .collect(Collectors.joining(", ")));
    out.printf("  slots: %d%n", s.slots().size());
    s.spikes().ifPresent(r -> {
      var o = s.outputs().get(r.output());
      out.printf("  spikes: %s, %s at %s, refractory %s ms%n", o.name(), r.kind(), named(Double.toString(r.threshold()), o.unit()),
          r.refractory());
    });
    var p = s.provenance();
    p.scores().forEach((score, value) -> out.printf("  score: %s %s%n", score, value));
    for (String[] from : new String[][] {{"cell", p.cell()}, {"training", p.training()}, {"version", p.version()}}) {
      if (!from[1].isEmpty()) {
        out.printf("  %s: %s%n", from[0], from[1]);
      }
    }
  }

  private static String named(String name, String unit) {
    return unit.isEmpty() ? name : name + " " + unit;
  }
}
