package io.galvani.surrogate;

import io.galvani.Events;
import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.Interval;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Recording;
import io.galvani.Slot;
import io.galvani.Snapshot;
import io.galvani.Spikes;
import io.galvani.cell.Fingerprint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A population of surrogates on any device: the run loop around a {@link SurrogateEngine}. Events become numbers of channels, predictions
 * become samples in physical units, and spikes.
 *
 * <p>Step n takes the events in [n · sample, (n + 1) · sample) and predicts the sample at (n + 1) · sample.
 */
public final class SurrogatePopulation implements Population {
  /** An event may be so much of a sample early, as times are rounded. */
  private static final double EARLY = 1e-6;
  /** Numbers that an advance of the engine records at most, so that long runs need no more memory than short ones. */
  private static final int CHUNK = 1 << 20;

  private final Surrogate surrogate;
  private final SurrogateOptions options;
  private final int outputs;
  private final List<SurrogateRecording> recordings = new ArrayList<>();
  private final SpikeDetector spikes;
  private double[] present;  // [cell · outputs]: the last recorded sample, normalised; NaN where nothing is known of it
  private SurrogateEngine engine;
  private SurrogateEngine.Inputs inputs = SurrogateEngine.Inputs.NONE;  // of the last chunk: arrays are kept
  private double[] recorded = new double[0];
  private long layout;

  /**
   * @param engine of the same surrogate and options; closed with the population
   * @throws InputException if a window of the start is not of the network
   */
  public SurrogatePopulation(Surrogate surrogate, SurrogateOptions options, SurrogateEngine engine) {
    this.surrogate = surrogate;
    this.options = options;
    this.engine = engine;
    outputs = surrogate.outputs().size();
    spikes = surrogate.spikes().map(r -> new SpikeDetector(r, options.cells(), surrogate.sample())).orElse(null);
    var windows = options.start().isEmpty() ? List.of(rest(surrogate)) : options.start();
    try {
      check(windows);
      engine.start(windows);
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
    present = new double[Math.multiplyExact(options.cells(), outputs)];
    int newest = (surrogate.network().window() - 1) * surrogate.network().channels();
    for (int c = 0; c < options.cells(); c++) {
      double[] window = windows.get(windows.size() == 1 ? 0 : c);
      for (int o = 0; o < outputs; o++) {
        int channel = surrogate.outputs().get(o).channel();
        present[c * outputs + o] = channel == Output.NO_CHANNEL ? Double.NaN : window[newest + channel];
      }
    }
    if (spikes != null) {
      spikes.begin(this::watched);
    }
  }

  /** A window of a cell that has been at rest, [window · channels] in the network's numbers. */
  public static double[] rest(Surrogate s) {
    double[] sample = new double[s.channels().size()];
    for (Output o : s.outputs()) {
      if (o.channel() != Output.NO_CHANNEL) {
        Channel c = s.channels().get(o.channel());
        sample[o.channel()] = c.normalisation().normalise(c.rest());
      }
    }
    double[] window = new double[s.network().window() * sample.length];
    for (int t = 0; t < s.network().window(); t++) {
      System.arraycopy(sample, 0, window, t * sample.length, sample.length);
    }
    return window;
  }

  private void check(List<double[]> windows) {
    int size = Math.multiplyExact(surrogate.network().window(), surrogate.network().channels());
    for (int i = 0; i < windows.size(); i++) {
      double[] w = windows.get(i);
      if (w.length != size) {
        throw new InputException("start", "window " + i, w.length + " numbers, and the network takes " + surrogate.network().window()
            + " samples of " + surrogate.network().channels() + " channels", null);
      }
      for (int k = 0; k < size; k++) {
        if (!Double.isFinite(w[k])) {
          throw new InputException("start", "window " + i, "number " + k + " is " + w[k], "Give finite numbers");
        }
      }
    }
  }

  // ---- the contract ------------------------------------------------------------------------------------------------

  @Override
  public int cells() {
    return options.cells();
  }

  @Override
  public double step() {
    return surrogate.sample();
  }

  @Override
  public double time() {
    return open().steps() * surrogate.sample();
  }

  @Override
  public double lead() {
    return EARLY * surrogate.sample();
  }

  @Override
  public List<Slot> slots() {
    return surrogate.slots().stream().map(SlotInput::slot).toList();
  }

  @Override
  public List<Source> sources() {
    return surrogate.spikes().map(r -> List.of(new Source(surrogate.outputs().get(r.output()).probe().at(), r.threshold()))).orElse(List.of());
  }

  @Override
  public void advance(Events events, double until, Spikes to) {
    long now = open().steps();
    var interval = Interval.of(events, now, until, surrogate.sample(), lead(), options.cells(), surrogate.slots().size());
    int chunk = Math.clamp(CHUNK / ((long) options.cells() * outputs), 1, 4096);
    int next = 0;
    for (long from = now; from < interval.to(); from += chunk) {
      int steps = (int) Math.min(chunk, interval.to() - from);
      int end = before(events, next, interval.events(), from + steps);
      inputs = inputs(surrogate, events, next, end, from, inputs);
      advance(from, steps, to);
      next = end;
    }
    events.drop(interval.events());
  }

  private void advance(long from, int steps, Spikes to) {
    int numbers = Math.multiplyExact(steps, present.length);
    if (recorded.length < numbers) {
      recorded = new double[numbers];
    }
    engine.advance(steps, inputs, recorded);
    for (int s = 0; s < steps; s++) {
      System.arraycopy(recorded, s * present.length, present, 0, present.length);
      long sample = from + s + 1;
      recordings.forEach(r -> r.offer(sample));
      if (spikes != null) {
        spikes.detect(sample, this::watched, to);
      }
    }
  }

  /** Index of the first event, from one on and before another, that comes at a step or later. */
  private int before(Events events, int begin, int end, long step) {
    while (begin < end) {
      int middle = (begin + end) >>> 1;
      if (stepOf(surrogate, events.time(middle)) < step) {
        begin = middle + 1;
      } else {
        end = middle;
      }
    }
    return begin;
  }

  private static long stepOf(Surrogate surrogate, double time) {
    return (long) Math.floor(time / surrogate.sample() + EARLY);
  }

  /**
   * What waiting events are to an engine.
   *
   * @param begin index of the first of them
   * @param end index after the last
   * @param from the present, in steps
   */
  public static SurrogateEngine.Inputs inputs(Surrogate surrogate, Events events, int begin, int end, long from) {
    return inputs(surrogate, events, begin, end, from, SurrogateEngine.Inputs.NONE);
  }

  // Into the arrays of earlier ones, if these are long enough.
  private static SurrogateEngine.Inputs inputs(Surrogate surrogate, Events events, int begin, int end, long from, SurrogateEngine.Inputs old) {
    int n = end - begin;
    var in = n <= old.step().length ? new SurrogateEngine.Inputs(n, old.step(), old.cell(), old.channel(), old.value())
        : new SurrogateEngine.Inputs(n, new long[n], new int[n], new int[n], new double[n]);
    int[] channel = surrogate.slots().stream().mapToInt(SlotInput::channel).toArray();
    var normalisation = new Normalisation[channel.length];
    double[] own = new double[channel.length];  // of an event of the slot's weight, as most are
    for (int s = 0; s < own.length; s++) {
      normalisation[s] = surrogate.channels().get(channel[s]).normalisation();
      own[s] = normalisation[s].normalise(surrogate.slots().get(s).slot().weight());
    }
    for (int i = 0; i < n; i++) {
      int slot = events.slot(begin + i);
      float weight = events.weight(begin + i);
      in.step()[i] = stepOf(surrogate, events.time(begin + i)) - from;
      in.cell()[i] = events.cell(begin + i);
      in.channel()[i] = channel[slot];
      in.value()[i] = Float.isNaN(weight) ? own[slot] : normalisation[slot].normalise(weight);
    }
    return in;
  }

  /** The present of an output, in its unit. */
  private double physical(int cell, int output) {
    return surrogate.outputs().get(output).normalisation().restore(present[cell * outputs + output]);
  }

  private double watched(int cell) {
    return physical(cell, surrogate.spikes().orElseThrow().output());
  }

  /**
   * Records an output, in its unit, under its own probe. What is not fed back is not known at t = 0: its first sample is NaN.
   *
   * @throws InputException if no output has the probe
   */
  @Override
  public Recording record(Probe probe, int every) {
    if (every < 1) {
      throw new InputException("record", probe.toString(), "every = " + every + " is below 1 step", null);
    }
    var known = surrogate.outputs().stream().map(o -> o.probe().toString()).toList();
    int output = known.indexOf(probe.toString());
    if (output < 0) {
      throw InputException.unknown("probe", probe.toString(), "output of surrogate '" + surrogate.name() + "'", probe.toString(), known);
    }
    var recording = new SurrogateRecording(probe, output, every, open().steps());
    recording.offer(open().steps());
    recordings.add(recording);
    return recording;
  }

  @Override
  public Snapshot snapshot() {
    byte[] state = open().save();
    int detector = spikes == null ? 0 : spikes.state().length;
    var all = ByteBuffer.allocate(Math.addExact(state.length, Math.multiplyExact(Double.BYTES, present.length + detector))).put(state);
    all.asDoubleBuffer().put(present).put(spikes == null ? new double[0] : spikes.state());
    return new Snapshot(layout(), time(), all.array());
  }

  @Override
  public void restore(Snapshot snapshot) {
    open();
    snapshot.requireLayout(layout());
    byte[] all = snapshot.state();
    int detector = spikes == null ? 0 : spikes.state().length;
    int size = all.length - Double.BYTES * (present.length + detector);
    engine.load(Arrays.copyOf(all, size));
    var numbers = ByteBuffer.wrap(all, size, all.length - size).slice().asDoubleBuffer();
    numbers.get(present);
    if (spikes != null) {
      double[] state = new double[detector];
      numbers.get(state);
      spikes.restore(state);
    }
    recordings.forEach(r -> r.begin(engine.steps()));
  }

  /** Bytes of memory that the cells take on their device, without the weights. */
  public long memory() {
    return open().memory();
  }

  @Override
  public void close() {
    if (engine != null) {
      engine.close();
      engine = null;
    }
  }

  private SurrogateEngine open() {
    if (engine == null) {
      throw new GalvaniException("The population is closed");
    }
    return engine;
  }

  private long layout() {
    if (layout == 0) {
      var f = new Fingerprint().add(DescriptionWriter.write(surrogate)).add(options.cells(), options.precision().ordinal(), options.lookAhead(),
          options.overwrites() ? 1 : 0);
      surrogate.network().layers().forEach(l -> l.weights().values().forEach(t -> f.add(t.data())));
      layout = f.number();
    }
    return layout;
  }

  // ---- recordings --------------------------------------------------------------------------------------------------

  private final class SurrogateRecording implements Recording {
    private final Probe probe;
    private final int output;
    private final int every;
    private long first;
    private int samples;
    private double[] waiting = new double[0];  // [sample · cells]

    SurrogateRecording(Probe probe, int output, int every, long now) {
      this.probe = probe;
      this.output = output;
      this.every = every;
      begin(now);
    }

    /** Forgets what waits; the next sample is the first at or after a step. */
    void begin(long step) {
      first = (step + every - 1) / every;
      samples = 0;
    }

    /** Takes the present sample, if it is due. */
    void offer(long step) {
      if (step != (first + samples) * every) {
        return;
      }
      int at = Math.multiplyExact(samples, options.cells());
      if (at + options.cells() > waiting.length) {
        waiting = Arrays.copyOf(waiting, Math.max(Math.addExact(at, options.cells()), 2 * at));
      }
      for (int c = 0; c < options.cells(); c++) {
        waiting[at + c] = physical(c, output);
      }
      samples++;
    }

    @Override
    public Probe probe() {
      return probe;
    }

    @Override
    public int every() {
      return every;
    }

    @Override
    public long firstSample() {
      return first;
    }

    @Override
    public int samples() {
      return samples;
    }

    @Override
    public double[][] drain() {
      double[][] taken = new double[options.cells()][samples];
      for (int c = 0; c < taken.length; c++) {
        for (int s = 0; s < samples; s++) {
          taken[c][s] = waiting[s * options.cells() + c];
        }
      }
      first += samples;
      samples = 0;
      return taken;
    }
  }
}
