package io.galvani.training;

import io.galvani.Probe;
import io.galvani.surrogate.Normalisation;
import io.galvani.trace.Statistics;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** What a network is given, or gives, for recorded quantities: their units, and numbers of about 1. */
public final class OutputScales {
  /** mV that voltage heads have for 0, and for 1 above it. */
  public static final double OFFSET = -65;
  public static final double SCALE = 20;
  /** Share of the samples that a current is not compressed for. */
  private static final double PLAIN = 0.98;
  /** By how much less the rest of a current counts. */
  private static final double COMPRESSION = 50;

  private OutputScales() {}

  /** The unit of a recorded quantity. */
  public static String unit(Probe probe) {
    String quantity = probe.quantity();
    return isVoltage(probe) || quantity.equals("eca") ? "mV" : quantity.equals("cai") ? "mM"
        : quantity.matches("i(na|k|ca)") ? "mA/cm2" : "";
  }

  /** Whether a quantity is a voltage. */
  private static boolean isVoltage(Probe probe) {
    return probe.quantity().equals("v");
  }

  /**
   * Of an output that is not fed back. Voltages have {@value #OFFSET} and {@value #SCALE} mV, others two standard deviations.
   *
   * @param data the first block tells what is usual
   * @param output index among the recorded ones
   */
  static Normalisation plain(List<Traces> data, int output, Probe probe) {
    if (isVoltage(probe)) {
      return voltage(OFFSET);
    }
    float[] sorted = sorted(data, output);
    double[] all = IntStream.range(0, sorted.length).mapToDouble(i -> sorted[i]).toArray();
    double mean = Statistics.mean(all);
    return new Normalisation(1, Double.POSITIVE_INFINITY, 1, rounded(mean), rounded(Math.max(2 * Statistics.standardDeviation(all), 1e-12)));
  }

  /**
   * Of an output that is fed back. A current rests most of the time; what it does in a spike is a hundred times as much, and is compressed,
   * turned so that this is above. Voltages have 0 where they are most of the time.
   *
   * @param data the first block tells what is usual
   * @param output index among the recorded ones
   */
  public static Normalisation fedBack(List<Traces> data, int output, Probe probe) {
    if (isVoltage(probe)) {
      return voltage(rounded(quantile(sorted(data, output), 0.5)));
    }
    float[] sorted = sorted(data, output);
    double median = quantile(sorted, 0.5);
    double factor = sorted[sorted.length - 1] - median >= median - sorted[0] ? 1 : -1;
    double offset = rounded(factor * median);
    double knee = rounded(factor * quantile(sorted, factor > 0 ? PLAIN : 1 - PLAIN));
    double scale = rounded(Math.max(knee - offset, 1e-12));
    return new Normalisation(factor, knee, COMPRESSION, offset, scale);
  }

  private static Normalisation voltage(double offset) {
    return new Normalisation(1, Double.POSITIVE_INFINITY, 1, offset, SCALE);
  }

  private static float[] sorted(List<Traces> data, int output) {
    var block = data.getFirst();
    float[] all = new float[block.count() * block.rows()];
    for (int t = 0; t < block.count(); t++) {
      System.arraycopy(block.outputs()[t][output], 0, all, t * block.rows(), block.rows());
    }
    Arrays.sort(all);
    return all;
  }

  private static double quantile(float[] sorted, double q) {
    return sorted[(int) Math.min(sorted.length - 1, q * sorted.length)];
  }

  /** To four digits: what files show. */
  private static double rounded(double x) {
    return Double.parseDouble(String.format(Locale.ROOT, "%.3e", x));
  }
}
