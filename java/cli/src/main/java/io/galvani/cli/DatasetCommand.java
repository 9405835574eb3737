package io.galvani.cli;

import io.galvani.cable.CableOptions;
import io.galvani.training.Dataset;
import io.galvani.training.Protocol;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code galvani dataset}. */
@Command(name = "dataset", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Make the data that surrogates are trained on: runs of the direct engine under the random input of a protocol.",
    footer = {"", "Protocols: ball, l5pc, or a file. The directory holds manifest.json and HDF5 files; started again, a run that was killed"
        + " goes on with what is missing.%n"})
final class DatasetCommand implements Callable<Integer> {
  @Parameters(paramLabel = "PROTOCOL", description = "A protocol that comes with Galvani, or a file (.yaml).")
  private String protocol;

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "Where the data are kept.")
  private Path out;

  @Mixin private CellOption cell;

  @Mixin private EngineOptions engine;

  @Option(names = "--threads", paramLabel = "N", description = "Threads. Default: one for each core")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var p = cell.protocol(protocol);
    var options = CableOptions.of(p.compile()).precision(engine.precision()).rates(engine.rates).threads(threads);
    make(p, out, engine, options);
    spec.commandLine().getOut().printf("%s: %,d s of %s%n", out, Dataset.milliseconds(p) / 1000, p.cell());
    return 0;
  }

  /** Makes a data set, or what is missing of it, with a progress bar. */
  static Dataset make(Protocol p, Path directory, EngineOptions engine, CableOptions options) throws IOException {
    try (var progress = new Progress("dataset", "ms", Dataset.milliseconds(p))) {
      return Dataset.make(directory, p, engine.device(), options, Galvani.Version.number(), progress::at);
    }
  }
}
