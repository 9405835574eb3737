package io.galvani.training;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Fits a {@link StreamingNetwork} by truncated back-propagation through time: streams of whole traces, each from the start of its run, a
 * chunk of all of them an update; the state goes on into the next chunk. Nothing of the truth is fed back, so training and closed loop are
 * the same computation.
 *
 * <p>Loss: mean square of the voltage head, in units of {@link #SCALE}, and {@link #SPIKE_WEIGHT} times the cross-entropy of the spike
 * head. Streams come in groups of {@link #LANES}; groups are computed by threads and summed in their order, so that threads change nothing.
 */
final class StreamingTrainer {
  /** mV that the voltage head has for 0, and for 1 above it. */
  static final double OFFSET = -65;
  static final double SCALE = 20;
  /** Index of the heads. */
  static final int VOLTAGE = 0;
  static final int SPIKE = 1;
  /** Streams of a group. */
  static final int LANES = 64;
  /** Rows of a chunk. */
  static final int CHUNK = 128;

  private static final double SPIKE_WEIGHT = 5;
  private static final double RATE = 5e-3;
  private static final int WARM_UP = 50;

  private final StreamingNetwork network;
  private final Adam adam;
  private final List<Traces> data;
  private final Group[] groups;
  private final int threads;

  /** Some streams with what they need. */
  private static final class Group {
    final StreamingPass pass;
    final StreamingNetwork gradients;
    final SplittableRandom random;
    final float[][][] events;             // [row][channel][stream]
    final int[] block = new int[LANES];   // of the trace that a stream is in
    final int[] trace = new int[LANES];
    final int[] row = new int[LANES];
    double loss;

    Group(StreamingNetwork network, SplittableRandom random) {
      pass = new StreamingPass(network, LANES, CHUNK);
      gradients = new StreamingNetwork(network.shape);
      this.random = random;
      events = new float[CHUNK][network.shape.channels()][LANES];
      Arrays.fill(row, Integer.MAX_VALUE / 2);
    }
  }

  /**
   * @param network where training begins; changed by it
   * @param data of the runs for training, one block or more
   * @param groups of streams
   * @param threads over groups
   * @param seed of the order of traces
   */
  StreamingTrainer(StreamingNetwork network, Adam adam, List<Traces> data, int groups, int threads, long seed) {
    this.network = network;
    this.adam = adam;
    this.data = data;
    this.threads = threads;
    var random = new SplittableRandom(seed);
    this.groups = new Group[groups];
    Arrays.setAll(this.groups, g -> new Group(network, random.split()));
  }

  /**
   * One update.
   *
   * @param progress share of the budget that is used up: the rate falls by a cosine to 0
   * @return mean square error of the voltage head
   */
  double update(double progress) {
    var range = IntStream.range(0, groups.length);
    (threads > 1 ? range.parallel() : range).forEach(g -> pass(groups[g]));
    var sum = groups[0].gradients;
    for (int g = 1; g < groups.length; g++) {
      for (int p = 0; p < sum.parameters().size(); p++) {
        for (int r = 0; r < sum.parameters().get(p).length; r++) {
          Rows.add(sum.parameters().get(p)[r], 1, groups[g].gradients.parameters().get(p)[r]);
        }
      }
    }
    double rate = RATE * Math.min(1, (adam.updates() + 1.0) / WARM_UP) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
    adam.update(sum, rate);
    return Arrays.stream(groups).mapToDouble(g -> g.loss).average().orElseThrow();
  }

  private void pass(Group g) {
    for (int s = 0; s < LANES; s++) {
      if (g.row[s] + CHUNK > data.get(g.block[s]).rows()) {
        g.block[s] = g.random.nextInt(data.size());
        g.trace[s] = g.random.nextInt(data.get(g.block[s]).count());
        g.row[s] = 0;
        g.pass.restart(s);
      }
      byte[][] events = data.get(g.block[s]).events()[g.trace[s]];
      for (int c = 0; c < events.length; c++) {
        for (int t = 0; t < CHUNK; t++) {
          g.events[t][c][s] = events[c][g.row[s] + t];
        }
      }
    }
    g.pass.forward(g.events);
    g.loss = loss(g);
    for (float[][] p : g.gradients.parameters()) {
      for (float[] row : p) {
        Arrays.fill(row, 0);
      }
    }
    g.pass.backward(g.gradients);
    for (int s = 0; s < LANES; s++) {
      g.row[s] += CHUNK;
    }
  }

  // Gradients of the mean over the samples of all streams.
  private double loss(Group g) {
    float[] v = new float[LANES];
    float[] spike = new float[LANES];
    float[] tanh = new float[LANES];
    float share = 1f / (CHUNK * LANES * groups.length);
    double sum = 0;
    for (int t = 0; t < CHUNK; t++) {
      for (int s = 0; s < LANES; s++) {
        var block = data.get(g.block[s]);
        v[s] = (block.outputs()[g.trace[s]][0][g.row[s] + t] - (float) OFFSET) / (float) SCALE;
        spike[s] = block.spikes()[g.trace[s]][g.row[s] + t];
        v[s] = g.pass.outputs[t][VOLTAGE][s] - v[s];
        tanh[s] = g.pass.outputs[t][SPIKE][s] / 2;
      }
      Rows.tanh(tanh, tanh);
      for (int s = 0; s < LANES; s++) {
        sum += v[s] * v[s];
        g.pass.outputGradients[t][VOLTAGE][s] = 2 * share * v[s];
        g.pass.outputGradients[t][SPIKE][s] = (float) SPIKE_WEIGHT * share * (0.5f + 0.5f * tanh[s] - spike[s]);
      }
    }
    return sum / (CHUNK * LANES);
  }

  /**
   * Runs a network over whole traces, each from the start of its run.
   *
   * @return [trace][head][row], as the network makes them
   */
  static float[][][] run(StreamingNetwork network, Traces traces) {
    int rows = traces.rows();
    float[][][] all = new float[traces.count()][network.shape.outputs()][rows];
    for (int first = 0; first < traces.count(); first += LANES) {
      int count = Math.min(LANES, traces.count() - first);
      var pass = new StreamingPass(network, LANES, CHUNK);
      float[][][] events = new float[CHUNK][network.shape.channels()][LANES];
      for (int row = 0; row < rows; row += CHUNK) {
        int n = Math.min(CHUNK, rows - row);
        for (int s = 0; s < count; s++) {
          for (int c = 0; c < network.shape.channels(); c++) {
            for (int t = 0; t < n; t++) {
              events[t][c][s] = traces.events()[first + s][c][row + t];
            }
          }
        }
        pass.forward(events);
        for (int s = 0; s < count; s++) {
          for (int o = 0; o < network.shape.outputs(); o++) {
            for (int t = 0; t < n; t++) {
              all[first + s][o][row + t] = pass.outputs[t][o][s];
            }
          }
        }
      }
    }
    return all;
  }
}
