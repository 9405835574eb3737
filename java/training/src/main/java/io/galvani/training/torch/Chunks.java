package io.galvani.training.torch;

import io.galvani.GalvaniException;
import io.galvani.device.Device;
import io.galvani.surrogate.Normalisation;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.training.ClosedLoop;
import io.galvani.training.Curriculum;
import io.galvani.training.EventCounts;
import io.galvani.training.Protocol;
import io.galvani.training.Traces;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Pieces of runs as a network over a window is trained on: what it sees, and what it is to say. It sees the true state with some noise, or,
 * in a share of the pieces, the state that the network itself came to under the same input: what it will see in use.
 */
final class Chunks {
  /** SD of the noise, in the network's numbers. */
  private static final double NOISE = 0.1;
  /** Share of the pieces whose state is the network's own, once there are any. */
  private static final double OWN = 0.5;
  /** Runs of its own, their samples, and those of them at the start that still know the state of rest. */
  private static final int RUNS = 64;
  private static final int ROWS = 640;
  private static final int LEAD = 128;
  /** Beyond this no number says anything. */
  private static final double LIMIT = 20;

  private final Curriculum traces;
  private final List<Normalisation> states;
  private final int window;
  private final int windows;
  private final List<Protocol.Site> sites;
  private final SplittableRandom random;

  // The network's own runs, [run][output][row] in units; null before there are any.
  private double[][][] own;
  private final int[] ownTrace = new int[RUNS];
  private final int[] ownRow = new int[RUNS];

  /**
   * @param traces that are drawn from
   * @param states normalisation of each output, which are the first channels
   * @param window samples that a prediction sees
   * @param windows predictions of a piece
   */
  Chunks(Curriculum traces, List<Protocol.Site> sites, List<Normalisation> states, int window, int windows, long seed) {
    this.traces = traces;
    this.sites = sites;
    this.states = states;
    this.window = window;
    this.windows = windows;
    random = new SplittableRandom(seed);
  }

  /** Samples of a piece. */
  int rows() {
    return window - 1 + windows;
  }

  /** Lets the network run under the input of other pieces. */
  void renew(Surrogate present, Device device, int threads) {
    int rows = Math.min(ROWS, traces.block(0).rows());
    var events = new EventCounts[RUNS];
    byte[][] spikes = new byte[RUNS][];
    for (int k = 0; k < RUNS; k++) {
      ownTrace[k] = traces.draw(random);
      var block = traces.block(ownTrace[k]);
      int trace = traces.trace(ownTrace[k]);
      int from = random.nextInt(block.rows() - rows + 1);
      ownRow[k] = from;
      events[k] = EventCounts.of(block.events()[trace].dense(from, rows));
      spikes[k] = Arrays.copyOfRange(block.spikes()[trace], from, from + rows);
    }
    try {
      own = ClosedLoop.run(present, new Traces(events, new float[RUNS][0][], spikes), sites, device,
          SurrogateOptions.DEFAULT.threads(threads));
    } catch (GalvaniException e) { // what is fed back can grow without bounds as long as little is learnt
      own = null;
    }
  }

  /**
   * Draws a piece.
   *
   * @param seen receives [row][channel] from an index on
   * @param wanted receives [window][output]
   */
  void draw(SplittableRandom by, float[] seen, int at, float[] wanted, int to) {
    int outputs = states.size();
    boolean itsOwn = own != null && own[0][0].length > LEAD + rows() && by.nextDouble() < OWN;
    int run = by.nextInt(RUNS);
    int drawn = itsOwn ? ownTrace[run] : traces.draw(by);
    var block = traces.block(drawn);
    int trace = traces.trace(drawn);
    int offset = itsOwn ? ownRow[run] : 0;
    int from = itsOwn ? by.nextInt(LEAD, own[0][0].length - rows() + 1) : by.nextInt(1, block.rows() - rows() + 1);
    float[][] truth = block.outputs()[trace];
    byte[][] events = block.events()[trace].dense(offset + from, rows());
    int channels = outputs + events.length;
    for (int r = 0; r < rows(); r++) {
      int row = from + r;
      for (int o = 0; o < outputs; o++) {
        double before = itsOwn ? states.get(o).normalise(own[run][o][row - 1])
            : states.get(o).normalise(truth[o][row - 1]) + NOISE * by.nextGaussian();
        seen[at + r * channels + o] = (float) Math.clamp(before, -LIMIT, LIMIT);
      }
      for (int c = 0; c < events.length; c++) {
        seen[at + r * channels + outputs + c] = events[c][r];
      }
    }
    for (int w = 0; w < windows; w++) {
      for (int o = 0; o < outputs; o++) {
        wanted[to + w * outputs + o] = (float) states.get(o).normalise(truth[o][offset + from + w + window - 1]);
      }
    }
  }
}
