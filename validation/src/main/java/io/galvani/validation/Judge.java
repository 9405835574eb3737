package io.galvani.validation;

import io.galvani.Events;
import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Recording;
import io.galvani.Snapshot;
import io.galvani.Spikes;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Mode;
import io.galvani.cable.Stimulus;
import io.galvani.cell.CompiledCell;
import io.galvani.device.Device;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.io.EventsCsv;
import io.galvani.trace.SpikeTrains;
import io.galvani.validation.Verdict.Finding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;

/** Runs one run of a case and compares every sample and spike with what is known. */
final class Judge {
  private static final double CHUNK = 100;  // ms from one drain of the recordings to the next

  private final Device device;
  private final Mode mode;
  private final Path folder;
  private final Case c;

  Judge(Device device, Mode mode, Path folder, Case c) {
    this.device = device;
    this.mode = mode;
    this.folder = folder;
    this.c = c;
  }

  Verdict judge(Case.Run run, Excerpt excerpt) {
    CompiledCell cell = CaseCell.build(folder, c, run);
    List<Stimulus> stimuli = run.stimuli().stream().map(CaseCell::stimulus).toList();
    var findings = new ArrayList<Finding>();
    CableOptions options = options(run, cell, stimuli);
    Events events = run.events() == null ? new Events()
        : EventsCsv.read(folder.resolve(run.events()), 1, cell.slots(), run.tstop());
    boolean alpha = events.size() > 0 && cell.slots().stream().anyMatch(s -> s.kind().equals("AlphaSynapse"));
    try (Population population = device.population(cell, options)) {
      if (excerpt.from() > 0) {
        population.restore(stateAt(excerpt.from(), cell, options, events));
      }
      simulate(run, cell, population, events, alpha, excerpt, findings);
    }
    if (run.steadyState() != null && excerpt.from() == 0 && excerpt.to() == run.tstop()) {
      findings.add(steadyState(run, cell, stimuli.stream().map(Judge::endless).toList()));
    }
    return new Verdict(c.name() + "/" + run.name(), findings, null);
  }

  private CableOptions options(Case.Run run, CompiledCell cell, List<Stimulus> stimuli) {
    var options = CableOptions.of(cell).dt(run.dt()).vInit(run.vInit()).celsius(run.celsius())
        .precision(mode.precision()).rates(mode.rates());
    for (Stimulus s : stimuli) {
      options = options.stimulus(s);
    }
    return options;
  }

  /** What the CPU makes of the run up to a time; takes the events before it. */
  private static Snapshot stateAt(double ms, CompiledCell cell, CableOptions options, Events events) {
    try (Population population = CpuDevice.get().population(cell, options)) {
      population.advance(events, ms, new Spikes());
      return population.snapshot();
    }
  }

  private void simulate(Case.Run run, CompiledCell cell, Population population, Events events, boolean alpha, Excerpt excerpt,
      List<Finding> findings) {
    var traces = run.traces().stream().map(t -> new KnownTrace(folder, t, cell, run, excerpt)).toList();
    traces.forEach(t -> t.record(population));
    var spikes = new Spikes();
    long steps = Math.round(excerpt.to() / run.dt());
    long chunk = Math.max(1, Math.round(CHUNK / run.dt()));
    for (long done = Math.round(excerpt.from() / run.dt()); done < steps; ) {
      done = Math.min(steps, done + chunk);
      population.advance(events, done * run.dt(), spikes);
      traces.forEach(KnownTrace::drain);
    }
    boolean spiking = traces.stream().anyMatch(KnownTrace::spikes);
    traces.forEach(t -> findings.addAll(t.compare(mode, alpha, spiking)));
    if (run.spikes() != null) {
      findings.add(spikes(Case.spikeTimes(folder.resolve(run.spikes())), population, spikes, excerpt));
    }
  }

  private Finding spikes(Case.SpikeTimes known, Population population, Spikes spikes, Excerpt excerpt) {
    int source = population.sources().stream().map(Population.Source::threshold).toList().indexOf(0.0);
    if (source < 0) {
      throw new InputException(Case.FILE, "spikes", "the cell has no spike source with a threshold of 0 mV", null);
    }
    var match = SpikeTrains.match(Arrays.stream(known.interpolated()).filter(excerpt::holds).toArray(), spikes.crossings(0, source));
    double[] grid = Arrays.stream(known.grid()).filter(excerpt::holds).toArray();
    boolean sameSteps = match.expected() == match.actual() && grid.length == match.expected();
    for (int i = 0, n = 0; sameSteps && i < spikes.size(); i++) {
      if (spikes.source(i) == source) {
        sameSteps = Math.abs(spikes.time(i) - grid[n++]) < population.step() / 2;
      }
    }
    // In the reference mode it is the step of each spike that is judged: its crossing then differs by less than dt.
    boolean comparable = mode.isReference() ? sameSteps : match.expected() == match.actual();
    double bound = mode.isReference() ? population.step() : Tolerance.shift(mode).value;
    double shift = Math.abs(match.shift());
    return new Finding("spikes", shift, comparable ? shift : Double.NaN, bound, "ms", match.actual() + " of "
        + match.expected() + (sameSteps ? ", each in its step" : ", worst is spike " + match.worst()));
  }

  /** Runs under endless stimuli until nothing changes, and compares all nodes. */
  private Finding steadyState(Case.Run run, CompiledCell cell, List<Stimulus> stimuli) {
    Table table = Table.read(folder.resolve(run.steadyState()));
    double[] known = table.column("v_inf_mV");
    var places = new ArrayList<Location>();
    for (double node : table.column("node")) {
      places.add(new Location(cell.nodes().section()[(int) node], cell.nodes().x()[(int) node]));
    }
    try (Population population = device.population(cell, options(run, cell, stimuli))) {
      var recordings = new ArrayList<Recording>();
      places.forEach(p -> recordings.add(population.record(new Probe(p, "v"), (int) Math.round(CHUNK / run.dt()))));
      recordings.forEach(Recording::drain);
      double[] v = new double[known.length];
      double change = Double.POSITIVE_INFINITY;
      for (int n = 1; n <= 100 && change > Tolerance.STEADY_STATE.value / 100; n++) {
        population.advance(n * CHUNK, new Spikes());
        change = 0;
        for (int i = 0; i < v.length; i++) {
          double now = recordings.get(i).drain()[0][0];
          change = Math.max(change, Math.abs(now - v[i]));
          v[i] = now;
        }
      }
      int worst = 0;
      double error = 0;
      for (int i = 0; i < v.length; i++) {
        double off = Math.abs(v[i] - known[i]);
        if (Double.compare(off, error) > 0) {
          error = off;
          worst = i;
        }
      }
      Tolerance bound = mode.isReference() ? Tolerance.STEADY_STATE : Tolerance.voltage(mode, false, false, false);
      return new Finding("steady state", error, error, bound.value, "mV", "at " + places.get(worst) + " of " + v.length
          + " nodes");
    }
  }

  private static Stimulus endless(Stimulus s) {
    var parameters = new LinkedHashMap<>(s.parameters());
    parameters.put("dur", 1e9);
    return new Stimulus(s.mechanism(), s.at(), parameters);
  }
}
