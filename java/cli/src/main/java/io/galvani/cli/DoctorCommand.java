package io.galvani.cli;

import io.galvani.GalvaniException;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.device.cuda.Cuda;
import io.galvani.device.cuda.CudaContext;
import io.galvani.device.cuda.CudaGpu;
import io.galvani.device.cuda.CudaProbe;
import io.galvani.device.cuda.Ptx;
import io.galvani.mechanism.Catalogue;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code galvani doctor}. */
@Command(name = "doctor", mixinStandardHelpOptions = true,
    description = "Say what this machine has, what is missing, and how to get it.")
final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  private boolean healthy = true;

  @Override
  public Integer call() {
    check("galvani", () -> Galvani.Version.number());
    check("java", () -> System.getProperty("java.vm.name") + " " + Runtime.version() + " in "
        + System.getProperty("java.home"));
    check("system", () -> System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
        + System.getProperty("os.arch") + ", " + Runtime.getRuntime().availableProcessors() + " cores, "
        + Runtime.getRuntime().maxMemory() / (1 << 20) + " MiB of heap");
    check("mechanisms", () -> Catalogue.builtIn().all().size() + " built in");
    check("cpu", () -> CpuDevice.get().description());
    Cuda.absence().ifPresentOrElse(reason -> line("none", "cuda", reason), () -> check("cuda", () -> Cuda.driver()
        + "; reads " + Ptx.packaged("probe").language() + ", as every driver from R525 on"));
    for (CudaGpu gpu : Cuda.gpus()) {
      gpu.refusal().ifPresentOrElse(reason -> line("none", "gpu " + gpu.ordinal(), gpu.name() + ": " + reason),
          () -> check("gpu " + gpu.ordinal(), () -> gpu.description() + "; " + chosen(gpu) + "; " + probed(gpu)));
    }
    return healthy ? 0 : 1;
  }

  private static String chosen(CudaGpu gpu) {
    return "takes the kernels as " + Ptx.packaged("probe").language() + ", which its driver compiles for " + gpu.architecture()
        + ": no cubin ships, as one PTX serves all GPUs from sm_80 on";
  }

  private static String probed(CudaGpu gpu) {
    try (CudaContext context = gpu.open()) {
      return CudaProbe.run(context);
    }
  }

  private void check(String what, Supplier<String> found) {
    try {
      line("ok", what, found.get());
    } catch (GalvaniException | LinkageError e) {
      healthy = false;
      Throwable cause = e instanceof ExceptionInInitializerError i ? i.getCause() : e;
      line("missing", what, cause.getMessage());
    }
  }

  private void line(String status, String what, String found) {
    spec.commandLine().getOut().printf("%-8s %-11s %s%n", status, what, found);
  }
}
