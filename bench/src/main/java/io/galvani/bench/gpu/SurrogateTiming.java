package io.galvani.bench.gpu;

import io.galvani.GalvaniException;
import io.galvani.device.cuda.Cuda;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.device.cuda.Gemm;
import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.SurrogateEngine;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.SurrogatePrecision;
import io.galvani.surrogate.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How long a step of surrogates takes on a GPU: of the paper's layer-5 network, by each way to multiply matrices; and of one that is little
 * but its LSTM layers, beside these layers alone by cuDNN.
 */
public final class SurrogateTiming {
  private static final int ROUNDS = 7;
  private static final int STEPS = 104;  // a round: whole blocks of those that look ahead
  private static final int[] CELLS = {1, 16, 150, 1000, 5000};

  private record Way(SurrogatePrecision precision, Gemm gemm) {
    @Override
    public String toString() {
      return precision + " " + gemm.key();
    }
  }

  private static final List<Way> WAYS = List.of(new Way(SurrogatePrecision.F32, Gemm.KERNEL), new Way(SurrogatePrecision.F32, Gemm.CUBLAS),
      new Way(SurrogatePrecision.F32, Gemm.MMA), new Way(SurrogatePrecision.BF16, Gemm.MMA));

  private SurrogateTiming() {}

  /** Prints tables, or in a line why there are none. */
  public static void main(String[] args) {
    Optional<String> absence = Cuda.absence();
    if (absence.isPresent() || CudaDevice.get().gpu().isStandIn()) {
      System.out.println("skipped: " + absence.orElse("the driver is a stand-in for a GPU and runs on the processor"));
      return;
    }
    System.out.println(CudaDevice.get().description() + ", " + Cuda.driver());
    System.out.println("Microseconds a step, median (smallest–largest) of " + ROUNDS + " rounds");
    Network paper = SurrogateLimits.paper();
    for (int cells : CELLS) {
      for (Way way : WAYS) {
        print(cells, "layer-5 network, " + way, () -> time(paper, cells, way.precision, way.gemm, ROUNDS, STEPS));
      }
      print(cells, "LSTMs, ours, a whole step", () -> time(lstms(), cells, SurrogatePrecision.F32, Gemm.KERNEL, ROUNDS, STEPS));
      print(cells, "LSTMs, cuDNN, them alone", () -> {
        try (var cudnn = new CudnnLstm(cells)) {
          return cudnn.time(ROUNDS, STEPS);
        }
      });
    }
  }

  private interface Timed {
    double[] rounds();
  }

  private static void print(int cells, String what, Timed timed) {
    String result;
    try {
      double[] rounds = timed.rounds();
      Arrays.sort(rounds);
      result = String.format(Locale.ROOT, "%.1f (%.1f–%.1f)", rounds[rounds.length / 2], rounds[0], rounds[rounds.length - 1]);
    } catch (GalvaniException e) {
      result = "skipped: " + e.getMessage();
    }
    System.out.printf(Locale.ROOT, "%5d cells  %-30s  %s%n", cells, what, result);
  }

  /** Microseconds that a step takes, round by round. */
  static double[] time(Network network, int cells, SurrogatePrecision precision, Gemm gemm, int rounds, int steps) {
    var options = SurrogateOptions.DEFAULT.cells(cells).precision(precision);
    try (SurrogateEngine engine = CudaDevice.get().engine(Plan.of(network), List.of(), options, gemm)) {
      engine.start(List.of(new double[network.window() * network.channels()]));
      double[] recorded = new double[steps * cells * network.outputs()];
      double[] found = new double[rounds];
      for (int round = -1; round < rounds; round++) {  // the first is for warming up
        long start = System.nanoTime();
        engine.advance(steps, SurrogateEngine.Inputs.NONE, recorded);
        found[Math.max(round, 0)] = (System.nanoTime() - start) * 1e-3 / steps;
      }
      return found;
    }
  }

  /** The layers that {@link CudnnLstm} has, a projection of as many numbers before them, one output after. */
  static Network lstms() {
    int units = CudnnLstm.UNITS;
    var layers = new ArrayList<Layer>(List.of(new Layer.Flatten("flatten"), new Layer.RepeatVector("repeat", CudnnLstm.STEPS)));
    for (int l = 0; l < CudnnLstm.LAYERS; l++) {
      layers.add(new Layer.LSTM("lstm" + l, zeros(units, 4 * units), zeros(units, 4 * units), zeros(4 * units), true));
    }
    layers.add(new Layer.Dense("dense", zeros(units, 1), zeros(1), Activation.LINEAR));
    return Network.of("lstms", 1, units, layers);
  }

  /** Weights that cost as much as any. */
  static Tensor zeros(int... shape) {
    return Tensor.of(new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)], shape);
  }
}
