package io.galvani.bench.gpu;

import io.galvani.InputException;
import io.galvani.bench.Bench;
import io.galvani.bench.Cases;
import io.galvani.bench.Cases.Load;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.cuda.Cuda;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.device.cuda.Multiprocessor;
import io.galvani.device.cuda.StepChoice;
import io.galvani.device.cuda.StepKernel;
import io.galvani.device.cuda.StepVariant;
import io.galvani.device.cuda.TuningCache;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * {@code bench --tune}: step kernels compiled in several ways, side by side. Where there is a GPU they are timed, and the best is kept for
 * {@link CudaDevice}; where there is none, what is known of them is printed.
 */
public final class Tuning {
  private static final List<String> LOADS = List.of("c200x1000", "l5pcx1000");
  private static final List<String> LOADS_OF_A_STAND_IN = List.of("singlex3");

  private final Precision precision;
  private final int rounds;
  private final List<StepVariant> variants;
  private final List<Load> loads;
  private final Consumer<String> out;

  private Tuning(Precision precision, int rounds, List<StepVariant> variants, List<Load> loads, Consumer<String> out) {
    this.precision = precision;
    this.rounds = rounds;
    this.variants = variants;
    this.loads = loads;
    this.out = out;
  }

  /**
   * Runs it: {@code [--precision f64|mixed|f32] [--rounds N] [--variants NAME,…] [LOAD …]}, where a load may be of
   * a cell of the user's, {@code my/cell.yamlx1000}.
   *
   * @param out takes lines
   * @throws InputException if an argument is not understood
   */
  public static void main(List<String> arguments, Consumer<String> out) throws IOException, InterruptedException {
    Precision precision = Precision.MIXED;
    int rounds = 5;
    List<StepVariant> variants = Builds.VARIANTS;
    var loads = new ArrayList<Load>();
    for (var a = arguments.iterator(); a.hasNext();) {
      switch (a.next()) {
        case "--precision" -> precision = precision(a.hasNext() ? a.next() : "");
        case "--rounds" -> rounds = Bench.rounds(a.hasNext() ? a.next() : "");
        case "--variants" -> variants = Stream.of((a.hasNext() ? a.next() : "").split(",")).map(StepVariant::parse).toList();
        case String load -> loads.add(Cases.loadOrCell(load));
      }
    }
    new Tuning(precision, rounds, variants, loads, out).run(Bench.root());
  }

  private static Precision precision(String name) {
    return Arrays.stream(Precision.values()).filter(p -> p.name().equalsIgnoreCase(name)).findFirst()
        .orElseThrow(() -> InputException.unknown("--precision", null, "precision", name, List.of("f64", "mixed", "f32")));
  }

  private void run(Path root) throws IOException, InterruptedException {
    if (Cuda.absence().isPresent()) {
      out.accept("No GPU: " + Cuda.absence().get() + ". Nothing is timed; what follows is known without one.");
      out.accept("");
      new StaticFigures(kernels(root), precision, Multiprocessor.ALL).print(loads(LOADS), out);
      return;
    }
    CudaDevice device = CudaDevice.get();
    out.accept(device.description() + ", " + Cuda.driver() + ", " + precision.name().toLowerCase(Locale.ROOT));
    if (device.gpu().isStandIn()) {
      out.accept("This driver is emulated: it runs kernels that ship, on the processor. They are compared with the CPU; no time is printed "
          + "or kept.");
      var tuner = new Tuner(device, precision, 1);
      loads(LOADS_OF_A_STAND_IN).forEach(l -> compare(tuner, l, StepKernel.shipped(precision), out));
      return;
    }
    var tuner = new Tuner(device, precision, rounds);
    List<StepKernel> kernels = kernels(root);
    for (Load load : loads(LOADS)) {
      tune(tuner, load, kernels, TuningCache.standard(), out);
    }
  }

  private List<Load> loads(List<String> otherwise) {
    return loads.isEmpty() ? otherwise.stream().map(Cases::load).toList() : loads;
  }

  private List<StepKernel> kernels(Path root) throws IOException, InterruptedException {
    if (Builds.nvcc().isEmpty()) {
      out.accept("nvcc is not on the PATH: of the variants there are only those that ship.");
      return StepKernel.shipped(precision);
    }
    return Builds.all(root, variants, precision);
  }

  /** All that can be chosen; fails at the first that does not agree with the CPU. */
  private static List<StepChoice> compare(Tuner tuner, Load load, List<StepKernel> kernels, Consumer<String> out) {
    var reference = new EnumMap<Rates, double[][]>(Rates.class);
    List<StepChoice> choices = tuner.choices(load, kernels);
    choices.forEach(c -> tuner.requireAgreement(load, c, reference.computeIfAbsent(rates(c), r -> tuner.reference(load, r))));
    out.accept(load + ": " + choices.size() + " choices of kernel and pack agree with the CPU");
    return choices;
  }

  private static Rates rates(StepChoice choice) {
    return choice.kernel().variant().rates();
  }

  /** Times every choice and keeps the best with either kind of rates. */
  static void tune(Tuner tuner, Load load, List<StepKernel> kernels, TuningCache cache, Consumer<String> out) {
    List<Tuner.Timed> timed = compare(tuner, load, kernels, out).stream().map(c -> tuner.time(load, c))
        .sorted(Comparator.comparingDouble(t -> t.ns().median())).toList();
    out.accept("%-24s %5s %30s".formatted("variant", "pack", "ps per compartment-step"));
    for (Tuner.Timed t : timed) {
      out.accept(String.format(Locale.ROOT, "%-24s %5d %12.2f (%.2f–%.2f)", t.choice().kernel().variant(), t.choice().cellsOfPack(),
          1e3 * t.ns().median(), 1e3 * t.ns().smallest(), 1e3 * t.ns().largest()));
    }
    for (Rates r : Rates.values()) {
      StepChoice best = Tuner.best(timed.stream().filter(t -> rates(t.choice()) == r).toList()).choice();
      cache.keep(tuner.device().key(load.subject().cell(), tuner.options(load, r)), best);
      out.accept(load + ", " + r.name().toLowerCase(Locale.ROOT) + " rates: " + best + " is kept, in " + cache.folder());
    }
    out.accept("");
  }
}
