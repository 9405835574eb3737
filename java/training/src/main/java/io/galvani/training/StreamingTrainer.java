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
 * <p>Loss: mean squares of the heads, each in its own scale and with its weight ({@link StreamingHeads}), and several times the
 * cross-entropy of the spike head. Streams come in groups; groups are computed by threads and summed in their order, so that threads change
 * nothing.
 */
final class StreamingTrainer {
  /** Streams of a group that runs whole traces, and rows at a time. */
  private static final int LANES = 64;
  private static final int CHUNK = 128;
  private static final int WARM_UP = 50;

  private final StreamingNetwork network;
  private final Adam adam;
  private final List<Traces> data;
  private final StreamingRecipe recipe;
  private final StreamingHeads heads;
  private final Group[] groups;
  private final int threads;

  /** Some streams with what they need. */
  private static final class Group {
    final StreamingPass pass;
    final StreamingNetwork gradients;
    final SplittableRandom random;
    final Arrivals events;
    final int[] block;   // of the trace that a stream is in
    final int[] trace;
    final int[] row;
    double loss;

    Group(StreamingNetwork network, StreamingRecipe recipe, SplittableRandom random) {
      int lanes = recipe.lanes();
      pass = new StreamingPass(network, lanes, recipe.chunk());
      gradients = new StreamingNetwork(network.shape);
      events = new Arrivals(recipe.chunk());
      this.random = random;
      block = new int[lanes];
      trace = new int[lanes];
      row = new int[lanes];
      Arrays.fill(row, Integer.MAX_VALUE / 2);
    }
  }

  /**
   * @param network where training begins; changed by it
   * @param data of the runs for training, one block or more
   * @param heads of the network
   * @param threads over groups
   * @param seed of the order of traces
   */
  StreamingTrainer(StreamingNetwork network, Adam adam, StreamingRecipe recipe, List<Traces> data, StreamingHeads heads, int threads,
      long seed) {
    this.network = network;
    this.adam = adam;
    this.recipe = recipe;
    this.data = data;
    this.heads = heads;
    this.threads = threads;
    var random = new SplittableRandom(seed);
    groups = new Group[recipe.groups()];
    Arrays.setAll(groups, g -> new Group(network, recipe, random.split()));
  }

  /**
   * One update.
   *
   * @param progress share of the budget that is used up: the rate falls by a cosine to 0
   * @return mean square error of the voltage, below its limit if there is such a head, in its scale
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
    double rate = recipe.rate() * Math.min(1, (adam.updates() + 1.0) / WARM_UP) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
    adam.update(sum.parameters(), rate, recipe.orthogonal());
    return Arrays.stream(groups).mapToDouble(g -> g.loss).average().orElseThrow();
  }

  private void pass(Group g) {
    int chunk = recipe.chunk();
    g.events.clear();
    for (int s = 0; s < g.row.length; s++) {
      if (g.row[s] + chunk > data.get(g.block[s]).rows()) {
        g.block[s] = g.random.nextInt(data.size());
        g.trace[s] = g.random.nextInt(data.get(g.block[s]).count());
        g.row[s] = 0;
        g.pass.restart(s);
      }
      data.get(g.block[s]).events()[g.trace[s]].addTo(g.events, g.row[s], chunk, s);
    }
    g.pass.forward(g.events);
    g.loss = loss(g);
    for (float[][] p : g.gradients.parameters()) {
      for (float[] row : p) {
        Arrays.fill(row, 0);
      }
    }
    g.pass.backward(g.gradients);
    for (int s = 0; s < g.row.length; s++) {
      g.row[s] += chunk;
    }
  }

  // Gradients of the mean over the samples of all streams.
  private double loss(Group g) {
    int lanes = g.row.length;
    float[] of = new float[lanes];
    float share = 1f / (recipe.chunk() * lanes * groups.length);
    double sum = 0;
    for (int t = 0; t < recipe.chunk(); t++) {
      for (int o = 0; o < heads.size(); o++) {
        float[] predicted = g.pass.outputs[t][o];
        float[] gradient = g.pass.outputGradients[t][o];
        if (o == StreamingHeads.SPIKE) {
          spikes(g, t, of);
          crossEntropy(predicted, of, (float) recipe.spikes() * share, gradient);
        } else {
          targets(g, t, heads.heads().get(o), of);
          squares(predicted, of, 2 * share * (float) heads.heads().get(o).weight(), gradient);
          sum += o == heads.shown() ? squares(predicted, of) : 0;
        }
      }
    }
    return sum / (recipe.chunk() * lanes);
  }

  private void spikes(Group g, int t, float[] of) {
    for (int s = 0; s < of.length; s++) {
      of[s] = data.get(g.block[s]).spikes()[g.trace[s]][g.row[s] + t];
    }
  }

  private void targets(Group g, int t, StreamingHeads.Head head, float[] of) {
    for (int s = 0; s < of.length; s++) {
      float x = data.get(g.block[s]).outputs()[g.trace[s]][head.recorded()][g.row[s] + t];
      of[s] = (float) head.normalisation().normalise(Math.min(x, head.limit()));
    }
  }

  // Of a logit, whose probability is (1 + tanh(logit / 2)) / 2.
  private static void crossEntropy(float[] logit, float[] of, float weight, float[] gradient) {
    for (int s = 0; s < of.length; s++) {
      gradient[s] = logit[s] / 2;
    }
    Rows.tanh(gradient, gradient);
    for (int s = 0; s < of.length; s++) {
      gradient[s] = weight * (0.5f + 0.5f * gradient[s] - of[s]);
    }
  }

  private static void squares(float[] predicted, float[] of, float weight, float[] gradient) {
    for (int s = 0; s < of.length; s++) {
      gradient[s] = weight * (predicted[s] - of[s]);
    }
  }

  private static double squares(float[] predicted, float[] of) {
    double sum = 0;
    for (int s = 0; s < of.length; s++) {
      sum += (predicted[s] - of[s]) * (predicted[s] - of[s]);
    }
    return sum;
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
      var events = new Arrivals(CHUNK);
      for (int row = 0; row < rows; row += CHUNK) {
        int n = Math.min(CHUNK, rows - row);
        events.clear();
        for (int s = 0; s < count; s++) {
          traces.events()[first + s].addTo(events, row, n, s);
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
