package io.galvani.training;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Fits a {@link StreamingNetwork} by truncated back-propagation through time: streams of whole traces, each from the start of its run, a
 * chunk of all of them an update; the state goes on into the next chunk. Nothing of the truth is fed back, so training and closed loop are
 * the same computation.
 *
 * <p>{@link Streams} come in groups; groups are computed by threads and summed in their order, so that threads change nothing.
 */
final class StreamingTrainer {
  /** Streams of a group that runs whole traces, and rows at a time. */
  private static final int LANES = 64;
  private static final int CHUNK = 128;
  private static final int WARM_UP = 50;

  private final StreamingNetwork network;
  private final Adam adam;
  private final StreamingRecipe recipe;
  private final StreamingLoss loss;
  private final Curriculum traces;
  private final Group[] groups;
  private final int threads;

  /** Some streams with what they need. */
  private static final class Group {
    final StreamingPass pass;
    final StreamingNetwork gradients;
    final Streams streams;
    final Arrivals events;
    double loss;

    Group(StreamingNetwork network, StreamingRecipe recipe, Curriculum traces, SplittableRandom random) {
      pass = new StreamingPass(network, recipe.lanes(), recipe.chunk());
      gradients = new StreamingNetwork(network.shape);
      events = new Arrivals(recipe.chunk());
      streams = new Streams(traces, recipe.lanes(), recipe.chunk(), random);
    }
  }

  /**
   * @param network where training begins; changed by it
   * @param traces of the runs for training
   * @param heads of the network
   * @param threads over groups
   * @param seed of the order of traces
   */
  StreamingTrainer(StreamingNetwork network, Adam adam, StreamingRecipe recipe, Curriculum traces, StreamingHeads heads, int threads,
      long seed) {
    this.network = network;
    this.adam = adam;
    this.recipe = recipe;
    this.traces = traces;
    loss = new StreamingLoss(heads, recipe.spikes());
    this.threads = threads;
    var random = new SplittableRandom(seed);
    groups = new Group[recipe.groups()];
    Arrays.setAll(groups, g -> new Group(network, recipe, traces, random.split()));
  }

  /**
   * One update.
   *
   * @param progress share of the budget that is used up: the rate falls by a cosine to 0
   * @return mean square error of the voltage, below its limit if there is such a head, in its scale
   */
  double update(double progress) {
    traces.at(progress);
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
    g.streams.next(g.pass::restart);
    g.streams.events(g.events);
    g.pass.forward(g.events);
    g.loss = loss.gradients(g.streams, groups.length, g.pass.outputs, g.pass.outputGradients);
    for (float[][] p : g.gradients.parameters()) {
      for (float[] row : p) {
        Arrays.fill(row, 0);
      }
    }
    g.pass.backward(g.gradients);
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
