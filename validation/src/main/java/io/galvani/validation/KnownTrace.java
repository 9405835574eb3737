package io.galvani.validation;

import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Recording;
import io.galvani.cable.Mode;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.CompiledCell.NodeKind;
import io.galvani.trace.Npy;
import io.galvani.trace.SpikeTrains;
import io.galvani.validation.Verdict.Finding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** A file of known samples, at one place or at all segments, and the recordings that are to equal it. */
final class KnownTrace {
  private final Case.Trace spec;
  private final double dt;
  private final Npy known;
  private final List<Probe> probes;
  private final int every;         // steps from one recorded sample to the next
  private final int[] samples;     // which of the recorded samples the file holds
  private final double[][] got;    // [probe][recorded sample of the whole run]
  private final int first;         // of `samples`, that is judged
  private final int last;          // the one after the last
  private final List<Recording> recordings = new ArrayList<>();

  KnownTrace(Path folder, Case.Trace spec, CompiledCell cell, Case.Run run, Excerpt excerpt) {
    this.spec = spec;
    dt = run.dt();
    known = Npy.read(folder.resolve(spec.file()));
    probes = probes(spec, cell);
    int steps = (int) Math.round(run.tstop() / dt);
    if (spec.times() == null) {
      every = spec.every() == null ? 1 : spec.every();
      samples = IntStream.rangeClosed(0, steps / every).toArray();
    } else {
      int[] at = spec.times().stream().mapToInt(t -> (int) Math.round(t / dt)).toArray();
      every = Arrays.stream(at).reduce(0, KnownTrace::gcd);
      samples = Arrays.stream(at).map(s -> s / every).toArray();
    }
    double begin = excerpt.from() > 0 && followsStep() ? excerpt.from() + dt / 2 : excerpt.from();
    int[] judged = IntStream.range(0, samples.length).filter(k -> new Excerpt(begin, excerpt.to()).holds(samples[k] * every * dt)).toArray();
    first = judged.length == 0 ? 0 : judged[0];
    last = judged.length == 0 ? 0 : judged[judged.length - 1] + 1;
    got = new double[probes.size()][steps / every + 1];
    int[] shape = spec.nodes() == null ? new int[] {samples.length} : new int[] {samples.length, probes.size()};
    if (!Arrays.equals(shape, known.shape())) {
      throw new InputException(folder.resolve(spec.file()).toString(), null, "has shape "
          + Arrays.toString(known.shape()) + " where the run has " + Arrays.toString(shape), null);
    }
  }

  /** Whether this was evaluated in the step before its time: at the beginning of an excerpt there was none. */
  private boolean followsStep() {
    return spec.quantity().matches("i\\w+|eca|.*\\.i");
  }

  private static List<Probe> probes(Case.Trace spec, CompiledCell cell) {
    if (spec.nodes() == null) {
      return List.of(new Probe(Case.at(spec.section(), spec.x(), spec.file()), spec.quantity()));
    }
    if (!spec.nodes().equals("kind=seg")) {
      throw new InputException(Case.FILE, "nodes", "'" + spec.nodes() + "' is not kind=seg", null);
    }
    var nodes = cell.nodes();
    return IntStream.range(0, nodes.count()).filter(i -> nodes.kind()[i] == NodeKind.SEG)
        .mapToObj(i -> new Probe(new Location(nodes.section()[i], nodes.x()[i]), spec.quantity())).toList();
  }

  void record(Population population) {
    probes.forEach(p -> recordings.add(population.record(p, every)));
  }

  void drain() {
    for (int p = 0; p < got.length; p++) {
      int at = (int) recordings.get(p).firstSample();
      double[] piece = recordings.get(p).drain()[0];
      System.arraycopy(piece, 0, got[p], at, piece.length);
    }
  }

  /** Whether this is a voltage that crosses 0 mV. */
  boolean spikes() {
    return isVoltage() && IntStream.range(0, got.length)
        .anyMatch(p -> SpikeTrains.crossings(known(p), dt * every, 0).length > 0);
  }

  private boolean isVoltage() {
    return spec.quantity().equals("v");
  }

  private double[] known(int probe) {
    return spec.nodes() == null ? known.values() : known.column(probe);
  }

  /**
   * @param alpha whether the run has AlphaSynapse events
   * @param spiking whether a known voltage of the run crosses 0 mV
   * @return one finding for each place
   */
  List<Finding> compare(Mode mode, boolean alpha, boolean spiking) {
    var findings = new ArrayList<Finding>();
    for (int p = 0; first < last && p < got.length; p++) {
      double[] expected = known(p);
      double bound = isVoltage()
          ? Tolerance.voltage(mode, known.type() == Npy.Type.F4, alpha, spiking).value
          : Tolerance.relative(mode, alpha).value * Arrays.stream(expected).map(Math::abs).max().orElse(0);
      findings.add(compare(p, expected, bound, Tolerance.shift(mode).value));
    }
    return findings;
  }

  private Finding compare(int p, double[] expected, double bound, double shift) {
    // Samples to each side whose range a sample may lie in; snapshots have no neighbours.
    int reach = spec.times() != null ? 0 : (int) Math.ceil(shift / (dt * every) - 1e-9);
    double error = 0;
    double excess = 0;
    int worst = first;
    for (int k = first; k < last; k++) {
      double is = got[p][samples[k]];
      double low = expected[k];
      double high = expected[k];
      for (int j = Math.max(0, k - reach); j <= Math.min(expected.length - 1, k + reach); j++) {
        low = Math.min(low, expected[j]);
        high = Math.max(high, expected[j]);
      }
      double off = Math.abs(is - expected[k]);
      if (Double.compare(off, error) > 0) {  // NaN is worse than any number
        error = off;
        worst = k;
      }
      excess = Math.max(excess, Math.max(low - is, is - high));
    }
    return new Finding(spec.quantity() + " " + probes.get(p).at(), error, excess, bound, spec.unit(),
        String.format(Locale.ROOT, "at %.3f ms", samples[worst] * every * dt));
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
