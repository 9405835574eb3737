package io.galvani.bench.gpu;

import io.galvani.GalvaniException;
import io.galvani.Population;
import io.galvani.Spikes;
import io.galvani.bench.Cases.Load;
import io.galvani.bench.Rounds;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Mode;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.device.cuda.PackShape;
import io.galvani.device.cuda.StepChoice;
import io.galvani.device.cuda.StepKernel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Tries step kernels and sizes of packs on a load: first whether each agrees with the CPU, then how long it takes. A kernel is tried on
 * the load with rates of its own.
 *
 * @param rounds that are timed, after one that is not
 */
record Tuner(CudaDevice device, Precision precision, int rounds) {
  private static final double COMPARED = 1;      // ms
  private static final double ROUND = 20e6;      // ns that a round takes at least: beyond launches and clocks
  private static final double MOST = 1000;       // ms of biological time of a round

  /**
   * How long a choice took.
   *
   * @param ns per compartment-step, of each round
   */
  record Timed(StepChoice choice, Rounds ns) {}

  /** The shortest median. */
  static Timed best(List<Timed> timed) {
    return timed.stream().min(Comparator.comparingDouble(t -> t.ns.median())).orElseThrow(() -> new GalvaniException("Nothing was timed"));
  }

  /** Every kernel with every size of packs that the load and the GPU allow. */
  List<StepChoice> choices(Load load, List<StepKernel> kernels) {
    PackShape.Demand demand = PackShape.Demand.of(load.subject().cell(), options(load, Rates.EXACT));
    var all = new ArrayList<StepChoice>();
    for (StepKernel k : kernels) {
      PackShape.sizes(k.variant(), demand, load.cells(), device.gpu().sharedMemory()).forEach(log2 -> all.add(new StepChoice(k, log2)));
    }
    return all;
  }

  /** As the load's population is built. */
  CableOptions options(Load load, Rates rates) {
    return load.options(new Mode(precision, rates), o -> o);
  }

  // ---- the same thing ----------------------------------------------------------------------------------------------

  /** The soma's voltage on the CPU: [cell][sample], mV. */
  double[][] reference(Load load, Rates rates) {
    return traces(CpuDevice.get().population(load.subject().cell(), options(load, rates)), load);
  }

  /**
   * Runs a choice beside the CPU.
   *
   * @param reference of the load, with rates as the choice's
   * @throws GalvaniException if it differs by more than precision and rates allow
   */
  void requireAgreement(Load load, StepChoice choice, double[][] reference) {
    // mV, validation/tolerances.md
    double tolerance = precision != Precision.F64 ? 0.01 : choice.kernel().variant().rates() == Rates.POLY ? 0.02 : 1e-6;
    double[][] found = traces(population(load, choice), load);
    for (int c = 0; c < reference.length; c++) {
      for (int s = 0; s < reference[c].length; s++) {
        if (!(Math.abs(found[c][s] - reference[c][s]) <= tolerance)) {
          throw new GalvaniException("%s: %s has %.6f mV in cell %d after %d steps, the CPU %.6f mV".formatted(load, choice, found[c][s], c,
              s, reference[c][s]));
        }
      }
    }
  }

  private static double[][] traces(Population population, Load load) {
    try (population) {
      var soma = population.record(load.subject().probe(), 1);
      population.advance(COMPARED, new Spikes());
      return soma.drain();
    }
  }

  private Population population(Load load, StepChoice choice) {
    return device.population(load.subject().cell(), options(load, choice.kernel().variant().rates()), choice);
  }

  // ---- how long ----------------------------------------------------------------------------------------------------

  /** Times a choice: wall time, in which the launch and the wait for it are included. */
  Timed time(Load load, StepChoice choice) {
    try (Population p = population(load, choice)) {
      double ms = Math.clamp(Math.ceil(ROUND / advance(p, 1)), 1, MOST);
      advance(p, ms);
      double[] ns = new double[rounds];
      for (int r = 0; r < rounds; r++) {
        ns[r] = advance(p, ms) / load.compartmentSteps(ms);
      }
      return new Timed(choice, new Rounds(ns));
    }
  }

  private static double advance(Population p, double ms) {
    long begin = System.nanoTime();
    p.advance(p.time() + ms, new Spikes());
    return System.nanoTime() - begin;
  }
}
