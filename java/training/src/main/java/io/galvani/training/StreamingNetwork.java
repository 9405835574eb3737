package io.galvani.training;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A network that goes with the stream of samples: exponential traces of mixtures of its inputs, an expressive leaky memory (Spieler et al.
 * 2024, arXiv 2306.16922), and a linear head. Its layers, in the file format: {@code Newest, Dense, Traces, ELM, Dense}.
 *
 * <p>With x the inputs of a sample (events of each channel, most of them 0), F features, H hidden units, M memories:
 *
 * <pre>
 * q ← exp(−h/τ_q) · q + x · sites               [F]
 * d = exp(−h/τ_m) · m                           [M]
 * u = relu([q, d] · kernel + bias)              [H]
 * m ← d + λ (1 − exp(−h/τ_m)) · tanh(u · update + update_bias)
 * y = m · head + head_bias                      [outputs]
 * </pre>
 */
final class StreamingNetwork {
  /** λ: how far a memory is driven at most. */
  static final float DRIVE = 5;
  /** Time constants that a branch begins with. */
  private static final int TRACES = 8;
  /** ms from which on traces are scaled down. */
  private static final double SCALED_FROM = 5;
  /** Logit of a spike that training begins with. */
  private static final float RARE = -5;
  /** Of the first weights from memories to hidden units, where branches are wide. */
  private static final float RECURRENCE = 0.3f;

  /**
   * Sizes.
   *
   * @param channels inputs
   * @param features F; multiples of 16 are the fastest, likewise the other two
   * @param hidden H
   * @param memories M
   * @param outputs heads
   * @param sample h in ms
   */
  record Shape(int channels, int features, int hidden, int memories, int outputs, double sample) {}

  final Shape shape;
  /** [channels][F]. */
  final float[][] sites;
  /** ln(τ/ms), [1][F]. */
  final float[][] traceTau;
  /** ln(τ/ms), [1][M]. */
  final float[][] memoryTau;
  /** [F + M][H]: rows of the traces, then of the memories. */
  final float[][] kernel;
  /** [1][H]. */
  final float[][] bias;
  /** [H][M]. */
  final float[][] update;
  /** [1][M]. */
  final float[][] updateBias;
  /** [outputs][M]. */
  final float[][] head;
  /** [1][outputs]. */
  final float[][] headBias;

  /** One whose parameters are all 0: for gradients, moments and the like. */
  StreamingNetwork(Shape shape) {
    this.shape = shape;
    sites = new float[shape.channels()][shape.features()];
    traceTau = new float[1][shape.features()];
    memoryTau = new float[1][shape.memories()];
    kernel = new float[shape.features() + shape.memories()][shape.hidden()];
    bias = new float[1][shape.hidden()];
    update = new float[shape.hidden()][shape.memories()];
    updateBias = new float[1][shape.memories()];
    head = new float[shape.outputs()][shape.memories()];
    headBias = new float[1][shape.outputs()];
  }

  /**
   * One to begin training with. Features are traces of branches, as in Spieler et al.: stretches of channels side by side, of {@value
   * #TRACES} time constants each. Where a branch is one channel these are from 0.5 to 16 ms, memories have 1 to 150 ms. Where it is several
   * they are up to 60 and 500 ms, slow traces, which many events add up in, are scaled down, and memories act on each other less. Other
   * weights by their fan-in.
   */
  static StreamingNetwork random(Shape shape, long seed) {
    return random(shape, 0, 0, seed);
  }

  // Features and memories from these on have the time constants and branches of a network that is all there is.
  private static StreamingNetwork random(Shape shape, int firstFeature, int firstMemory, long seed) {
    var n = new StreamingNetwork(shape);
    var random = new SplittableRandom(seed);
    int branches = Math.min(shape.channels(), Math.ceilDiv(shape.features() - firstFeature, TRACES));
    boolean wide = Math.ceilDiv(shape.features(), TRACES) < shape.channels();
    for (int i = firstFeature; i < shape.features(); i++) {
      n.traceTau[0][i] = spread(0.5, wide ? 60 : 16, (i - firstFeature) % TRACES, TRACES);
      int branch = (i - firstFeature) / TRACES % branches;
      for (int c = shape.channels() * branch / branches; c < shape.channels() * (branch + 1) / branches; c++) {
        n.sites[c][i] = wide ? (float) (random.nextDouble(0.8, 1.2) / Math.sqrt(1 + Math.exp(n.traceTau[0][i]) / SCALED_FROM)) : 1;
      }
    }
    for (int i = firstMemory; i < shape.memories(); i++) {
      n.memoryTau[0][i] = spread(1, wide ? 500 : 150, i - firstMemory, shape.memories() - firstMemory);
    }
    for (float[][] weights : List.of(n.kernel, n.bias)) {
      fill(weights, 1 / Math.sqrt(n.kernel.length), random);
    }
    for (float[][] weights : List.of(n.update, n.updateBias)) {
      fill(weights, 1 / Math.sqrt(shape.hidden()), random);
    }
    fill(n.head, 1 / Math.sqrt(shape.memories()), random);
    n.headBias[0][StreamingHeads.SPIKE] = RARE;
    for (int i = shape.features(); wide && i < n.kernel.length; i++) {
      for (int j = 0; j < shape.hidden(); j++) {
        n.kernel[i][j] *= RECURRENCE;
      }
    }
    return n;
  }

  /**
   * A larger one that computes the same: what is new begins as in {@link #random}, and leads to nothing that was there before.
   *
   * @param larger no size of which is below this one's
   */
  StreamingNetwork grown(Shape larger, long seed) {
    var n = random(larger, shape.features(), shape.memories(), seed);
    clear(n.kernel, shape.hidden());
    clear(n.update, shape.memories());
    clear(n.head, larger.memories());
    for (int p = 0; p < parameters().size(); p++) {
      float[][] rows = parameters().get(p);
      for (int r = 0; r < rows.length; r++) {
        boolean memory = rows == kernel && r >= shape.features();
        float[] to = n.parameters().get(p)[memory ? r - shape.features() + larger.features() : r];
        System.arraycopy(rows[r], 0, to, 0, rows[r].length);
      }
    }
    return n;
  }

  private static void clear(float[][] weights, int columns) {
    for (float[] row : weights) {
      Arrays.fill(row, 0, columns, 0);
    }
  }

  private static float spread(double from, double to, int i, int n) {
    return (float) (Math.log(from) + (n == 1 ? 0.5 : (double) i / (n - 1)) * Math.log(to / from));
  }

  private static void fill(float[][] weights, double range, SplittableRandom random) {
    for (float[] row : weights) {
      for (int j = 0; j < row.length; j++) {
        row[j] = (float) random.nextDouble(-range, range);
      }
    }
  }

  /** All parameters, in a fixed order. */
  List<float[][]> parameters() {
    return List.of(sites, traceTau, memoryTau, kernel, bias, update, updateBias, head, headBias);
  }

  /** Number of parameters. */
  int size() {
    return parameters().stream().mapToInt(p -> p.length * p[0].length).sum();
  }

  /** Takes over the parameters of another. */
  void set(StreamingNetwork from) {
    for (int p = 0; p < parameters().size(); p++) {
      for (int r = 0; r < parameters().get(p).length; r++) {
        float[] row = from.parameters().get(p)[r];
        System.arraycopy(row, 0, parameters().get(p)[r], 0, row.length);
      }
    }
  }

  /** exp(−h/τ) of a ln τ. */
  float decay(float lnTau) {
    return (float) Math.exp(-shape.sample() * Math.exp(-lnTau));
  }
}
