package io.galvani.cli;

import io.galvani.GalvaniException;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.mechanism.Catalogue;
import java.io.PrintWriter;
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
    return healthy ? 0 : 1;
  }

  private void check(String what, Supplier<String> found) {
    PrintWriter out = spec.commandLine().getOut();
    try {
      out.printf("ok       %-11s %s%n", what, found.get());
    } catch (GalvaniException | LinkageError e) {
      healthy = false;
      Throwable cause = e instanceof ExceptionInInitializerError i ? i.getCause() : e;
      out.printf("missing  %-11s %s%n", what, cause.getMessage());
    }
  }
}
