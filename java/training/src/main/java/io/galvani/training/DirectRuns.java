package io.galvani.training;

import io.galvani.Events;
import io.galvani.InputException;
import io.galvani.Population;
import io.galvani.Recording;
import io.galvani.Slot;
import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.cell.CompiledCell;
import io.galvani.device.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

/** Runs a protocol on the direct engine, many traces at once, one a cell of a population. */
final class DirectRuns {
  /** ms integrated between two looks at the voltage, so that memory does not grow with the run. */
  private static final double PIECE = 20;

  private final Protocol protocol;
  private final CompiledCell cell;
  private final List<Protocol.Site> sites;
  private final Device device;
  private final CableOptions options;

  /**
   * @param options of the direct engine; the number of cells is set here
   * @throws InputException if dt does not divide the sample, or protocol and cell do not fit
   */
  DirectRuns(Protocol protocol, CompiledCell cell, Device device, CableOptions options) {
    this.protocol = protocol;
    this.cell = cell;
    this.device = device;
    this.options = options;
    sites = protocol.sites(cell);
    if (Math.abs(Math.rint(protocol.sample() / options.dt()) * options.dt() - protocol.sample()) > 1e-9) {
      throw new InputException(protocol.name(), "sample", protocol.sample() + " ms is no multiple of dt = " + options.dt() + " ms", null);
    }
  }

  /** Input of one trace: number of events, [channel][row]. The same for a trace whatever it is drawn with. */
  static byte[][] draw(Protocol p, List<Protocol.Site> sites, Protocol.Use use, int trace) {
    var runs = p.runs().get(use);
    var random = new SplittableRandom(new SplittableRandom(runs.seed()).nextLong() ^ trace * 0xD1342543DE82EF95L);
    double scale = p.scale().at(random.nextDouble());
    if (runs.silent() > 0 && (trace + 1) % runs.silent() == 0) {
      scale = 0;
    }
    byte[][] events = new byte[sites.size()][p.samples(use)];
    double duration = p.samples(use) * p.sample();
    for (int c = 0; c < events.length; c++) {
      double rate = sites.get(c).rate() * scale / 1000;
      // Beyond the last event the time is infinite where the rate is 0.
      for (double t = gap(random, rate); t < duration; t += gap(random, rate)) {
        int row = (int) (t / p.sample());
        events[c][row] = (byte) Math.min(Byte.MAX_VALUE, events[c][row] + 1);
      }
    }
    return events;
  }

  private static double gap(SplittableRandom random, double rate) {
    return -Math.log1p(-random.nextDouble()) / rate;
  }

  /**
   * The sites with the slots of a population that may have others, or only these.
   *
   * @param source names the population in errors
   * @throws InputException if it lacks one
   */
  static List<Protocol.Site> on(List<Slot> slots, List<Protocol.Site> sites, String source) {
    var byName = slots.stream().collect(Collectors.toMap(Slot::name, Function.identity()));
    return sites.stream().map(s -> {
      String name = s.slot().name();
      if (!byName.containsKey(name)) {
        throw InputException.unknown(source, null, "slot", name, byName.keySet());
      }
      return new Protocol.Site(s.name(), byName.get(name), s.rate());
    }).toList();
  }

  /** Events as a population takes them, each at the start of its row; events of the slot's own weight one by one. */
  static Events queue(List<Protocol.Site> sites, Drive drive, int from, int to, double sample) {
    var queue = new Events();
    for (int r = from; r < to; r++) {
      for (int c = 0; c < drive.cells(); c++) {
        for (int s = 0; s < sites.size(); s++) {
          double amount = drive.amount(c, s, r % drive.rows());
          var slot = sites.get(s).slot();
          if (amount != Math.rint(amount)) {
            queue.add(r * sample, c, slot.index(), (float) (amount * slot.weight()));
          } else {
            for (int k = 0; k < amount; k++) {
              queue.add(r * sample, c, slot.index());
            }
          }
        }
      }
    }
    return queue;
  }

  /**
   * Runs traces.
   *
   * @param first of them
   * @param count how many
   * @param progress told how many rows are done
   */
  Traces run(Protocol.Use use, int first, int count, IntConsumer progress) {
    byte[][][] events = new byte[count][][];
    Arrays.setAll(events, i -> draw(protocol, sites, use, first + i));
    return run(Drive.of(events), EventCounts.of(events), progress);
  }

  /**
   * Runs a cell for each of a drive.
   *
   * @return runs without events, of which a drive may have parts
   */
  Traces run(Drive drive, IntConsumer progress) {
    return run(drive, new EventCounts[drive.cells()], progress);
  }

  private Traces run(Drive drive, EventCounts[] events, IntConsumer progress) {
    try (Population population = device.population(cell, options.cells(drive.cells()))) {
      return sampled(population, drive, events, progress);
    }
  }

  private Traces sampled(Population population, Drive drive, EventCounts[] events, IntConsumer progress) {
    int rows = drive.rows();
    int cells = drive.cells();
    int every = (int) Math.rint(protocol.sample() / population.step());
    int piece = (int) Math.max(1, PIECE / protocol.sample());
    var probes = List.copyOf(protocol.outputs().values());
    Recording voltage = population.record(probes.getFirst(), 1);
    var others = new ArrayList<Recording>();
    probes.subList(1, probes.size()).forEach(p -> others.add(population.record(p, every)));
    voltage.drain();
    others.forEach(Recording::drain); // what is sampled at t = 0 leads to nothing
    var traces = new Traces(events, new float[cells][probes.size()][rows], new byte[cells][rows]);
    var peaks = new Peaks[cells];
    Arrays.setAll(peaks, c -> new Peaks(protocol.threshold(), every, traces.outputs()[c][0], traces.spikes()[c]));
    var spikes = new Spikes();
    for (int row = 0; row < rows; row += piece) {
      int to = Math.min(rows, row + piece);
      population.advance(queue(sites, drive, row, to, protocol.sample()), to * protocol.sample(), spikes);
      spikes.clear();
      double[][] v = voltage.drain();
      for (int c = 0; c < cells; c++) {
        for (double x : v[c]) {
          peaks[c].add(x);
        }
      }
      for (int o = 0; o < others.size(); o++) {
        double[][] x = others.get(o).drain();
        for (int c = 0; c < cells; c++) {
          for (int r = row; r < to; r++) {
            traces.outputs()[c][o + 1][r] = (float) x[c][r - row];
          }
        }
      }
      progress.accept(to);
    }
    return traces;
  }

  /**
   * Samples a voltage of fine steps, and gives the true peak of each spike to the higher of the two samples beside it: on a grid of 1 ms a
   * spike would else be as high as its phase wants.
   */
  private static final class Peaks {
    private final double threshold;
    private final int every;
    private final float[] v;
    private final byte[] spikes;
    private int step;
    private double peak = Double.NEGATIVE_INFINITY;
    private int at;

    Peaks(double threshold, int every, float[] v, byte[] spikes) {
      this.threshold = threshold;
      this.every = every;
      this.v = v;
      this.spikes = spikes;
    }

    // A spike is over at the first sample below the threshold; by then both samples beside its peak are known.
    void add(double x) {
      step++;
      if (step % every == 0) {
        v[step / every - 1] = (float) x;
      }
      if (x >= threshold && x > peak) {
        peak = x;
        at = step;
      }
      if (peak > Double.NEGATIVE_INFINITY && x < threshold && step % every == 0) {
        keep();
      }
    }

    private void keep() {
      int row = at / every - 1;
      if (row < 0 || at % every != 0 && v[row + 1] > v[row]) {
        row++;
      }
      v[row] = (float) peak;
      spikes[row] = 1;
      peak = Double.NEGATIVE_INFINITY;
    }
  }
}
