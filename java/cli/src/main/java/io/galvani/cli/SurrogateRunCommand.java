package io.galvani.cli;

import io.galvani.Events;
import io.galvani.InputException;
import io.galvani.io.EventsCsv;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateEngine.Inputs;
import io.galvani.surrogate.SurrogateFile;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.SurrogatePopulation;
import io.galvani.surrogate.SurrogatePrecision;
import io.galvani.trace.Npy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code galvani surrogate run}. */
@Command(name = "run", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Compute a network on arrays: predictions of given windows, or a run in closed loop.",
    footer = {"", "Arrays are .npy files in the network's own numbers: N cells, T samples of a window, C channels, R repeats, O outputs."
        + " In closed loop, predictions are corrected and fed back as the surrogate describes.%n"})
final class SurrogateRunCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "A surrogate (.safetensors).")
  private Path file;

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Task task;

  /** One of two. */
  static final class Task {
    @ArgGroup(exclusive = false)
    Windows windows;
    @ArgGroup(exclusive = false)
    Loop loop;
  }

  /** Predictions of windows. */
  static final class Windows {
    @Option(names = "--windows", paramLabel = "X.npy", required = true, description = "Windows to predict from, [N, T, C].")
    Path windows;

    @Option(names = "--mean", paramLabel = "M.npy", description = "Also write the means over the repeats, [N, O].")
    Path mean;
  }

  /** A run in closed loop. */
  static final class Loop {
    @Option(names = "--start", paramLabel = "W.npy", required = true, description = "Windows to start from, [N, T, C].")
    Path start;

    @Option(names = "--steps", paramLabel = "K", required = true, description = "Samples to predict.")
    int steps;

    @Option(names = "--events", paramLabel = "E.csv|E.npy",
        description = "What arrives: time_ms,cell,slot[,weight_uS], 0 ms being the last sample of the start; or [N, K, C - O], numbers of"
            + " the channels that nothing is fed back to: row k stands beside the sample that prediction k leads to.")
    Path events;
  }

  @Option(names = "--out", paramLabel = "Y.npy", required = true,
      description = "Where predictions are written: of windows [N, R, O]; in closed loop [N, K, O], corrected.")
  private Path out;

  @Mixin private EngineOptions engine;

  @Option(names = "--threads", paramLabel = "N", description = "Threads. Default: one for each core")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Override
  public Integer call() throws IOException {
    var surrogate = SurrogateFile.read(file);
    var options = SurrogateOptions.DEFAULT.threads(threads).precision(engine.surrogatePrecision());
    if (task.windows != null) {
      predict(surrogate, options);
    } else {
      loop(surrogate, options);
    }
    return 0;
  }

  private void predict(Surrogate s, SurrogateOptions options) throws IOException {
    var network = s.network();
    Npy windows = arrays(task.windows.windows, network.window(), network.channels());
    int n = windows.rows();
    double[] all = new double[Math.multiplyExact(n, network.repeats() * network.outputs())];
    try (var e = engine.device().engine(Plan.ofEachRepeat(network), List.of(), options.cells(n).lookAhead(1))) {
      e.start(rows(windows));
      e.advance(1, Inputs.NONE, all);
    }
    type(options).of(all, n, network.repeats(), network.outputs()).write(out);
    if (task.windows.mean != null) {
      double[] mean = new double[n * network.outputs()];
      for (int i = 0; i < all.length; i++) {
        mean[i / (network.repeats() * network.outputs()) * network.outputs() + i % network.outputs()] += all[i] / network.repeats();
      }
      type(options).of(mean, n, network.outputs()).write(task.windows.mean);
    }
  }

  private void loop(Surrogate s, SurrogateOptions options) throws IOException {
    var network = s.network();
    Npy start = arrays(task.loop.start, network.window(), network.channels());
    int n = start.rows();
    int steps = task.loop.steps;
    if (steps < 1) {
      throw new InputException("--steps", null, steps + " is below 1", null);
    }
    Inputs inputs = inputs(s, n, steps);
    double[] recorded = new double[Math.multiplyExact(Math.multiplyExact(n, steps), network.outputs())];
    try (var e = engine.device().engine(Plan.of(network), s.outputs(), options.cells(n))) {
      e.start(rows(start));
      e.advance(steps, inputs, recorded);
    }
    double[] byCell = new double[recorded.length];
    for (int k = 0; k < steps; k++) {
      for (int c = 0; c < n; c++) {
        System.arraycopy(recorded, (k * n + c) * network.outputs(), byCell, (c * steps + k) * network.outputs(), network.outputs());
      }
    }
    type(options).of(byCell, n, steps, network.outputs()).write(out);
  }

  private Inputs inputs(Surrogate s, int cells, int steps) {
    Path events = task.loop.events;
    if (events == null) {
      return Inputs.NONE;
    }
    if (!events.toString().endsWith(".npy")) {
      var slots = s.slots().stream().map(i -> i.slot()).toList();
      Events queue = EventsCsv.read(events, cells, slots, steps * s.sample());
      return SurrogatePopulation.inputs(s, queue, 0, queue.countUntil(steps * s.sample() * (1 - 1e-12)), 0);
    }
    int[] free = IntStream.range(0, s.channels().size()).filter(c -> s.outputs().stream().noneMatch(o -> o.channel() == c)).toArray();
    Npy rows = arrays(events, steps, free.length);
    if (rows.rows() != cells) {
      throw new InputException(events.toString(), null, "holds " + rows.rows() + " cells, and --start " + cells, null);
    }
    // Row k stands beside the sample that prediction k leads to, which is the present of step k + 1.
    List<int[]> found = new ArrayList<>();
    for (int k = 0; k + 1 < steps; k++) {
      for (int c = 0; c < cells; c++) {
        for (int i = 0; i < free.length; i++) {
          int at = (c * steps + k) * free.length + i;
          if (rows.values()[at] != 0) {
            found.add(new int[] {k + 1, c, free[i], at});
          }
        }
      }
    }
    return new Inputs(found.size(), found.stream().mapToLong(f -> f[0]).toArray(), found.stream().mapToInt(f -> f[1]).toArray(),
        found.stream().mapToInt(f -> f[2]).toArray(), found.stream().mapToDouble(f -> rows.values()[f[3]]).toArray());
  }

  /** Reads [N, rows, columns]. */
  private static Npy arrays(Path file, int rows, int columns) {
    Npy a = Npy.read(file);
    if (a.shape().length != 3 || a.shape()[1] != rows || a.shape()[2] != columns || a.shape()[0] < 1) {
      throw new InputException(file.toString(), null, "has shape " + Arrays.toString(a.shape()), "It takes [N, " + rows + ", " + columns + "]");
    }
    for (int i = 0; i < a.values().length; i++) {
      if (!Double.isFinite(a.values()[i])) {
        throw new InputException(file.toString(), "value " + i, a.values()[i] + " is not a finite number", null);
      }
    }
    return a;
  }

  private static List<double[]> rows(Npy a) {
    return IntStream.range(0, a.rows()).mapToObj(a::row).toList();
  }

  private static Npy.Type type(SurrogateOptions options) {
    return options.precision() == SurrogatePrecision.F64 ? Npy.Type.F8 : Npy.Type.F4;
  }
}
