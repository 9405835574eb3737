package io.galvani.cli;

import io.galvani.Events;
import io.galvani.InputException;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Rates;
import io.galvani.cable.Stimulus;
import io.galvani.cell.Cells;
import io.galvani.cell.CompiledCell;
import io.galvani.device.Device;
import io.galvani.io.Checkpoint;
import io.galvani.io.EventsCsv;
import io.galvani.io.OutputDirectory;
import io.galvani.surrogate.SurrogateFile;
import io.galvani.surrogate.SurrogateOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code galvani simulate}. */
@Command(name = "simulate", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Simulate copies of a cell; write their spikes and what is recorded.",
    footer = {"", "Writes into DIR: spikes.csv (cell, source, grid and interpolated time in ms), one [cells, samples]"
        + " .npy file for each probe, and run.json with all that is needed to repeat the run.%n"})
final class SimulateCommand implements Callable<Integer> {
  @Parameters(paramLabel = "CELL",
      description = "A shipped cell (see 'galvani cells'), a YAML file, a compartment table, or a surrogate (.safetensors).")
  private String cellName;

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "Directory for the results.")
  private Path out;

  @Option(names = "--force", description = "Replace the results of an earlier run in DIR.")
  private boolean force;

  @Option(names = "--cells", paramLabel = "N", defaultValue = "1",
      description = "Number of cells. Default: ${DEFAULT-VALUE}")
  private int cells;

  @Option(names = "--tstop", paramLabel = "MS", defaultValue = "1000",
      description = "End of the run, ms. Default: ${DEFAULT-VALUE}")
  private double tstop;

  @Option(names = "--dt", paramLabel = "MS", description = "Time step, ms. Default: the cell's own")
  private Double dt;

  @Option(names = "--v-init", paramLabel = "MV", description = "Voltage at t = 0, mV. Default: the cell's own")
  private Double vInit;

  @Option(names = "--celsius", paramLabel = "DEGC", description = "Temperature, degC. Default: the cell's own")
  private Double celsius;

  @Option(names = "--stim", paramLabel = "STIMULUS",
      description = "A current on every cell, such as 'IClamp soma(0.5) delay=50 dur=400 amp=0.1'.")
  private List<String> stimuli = List.of();

  @Option(names = "--set", paramLabel = "TARGET=VALUE",
      description = "A parameter, such as 'apic.gIhbar=2e-4'; times a factor: '=*1.5'; linear over the cells:"
          + " 'stimulus[0].amp=0.1..0.5'; one value a cell: '=@values.npy'.")
  private List<String> assignments = List.of();

  @Option(names = "--events", paramLabel = "CSV", description = "Synaptic events: time_ms,cell,slot[,weight_uS].")
  private Path events;

  @Option(names = "--record", paramLabel = "PROBE", description = "What to record, such as 'soma(0.5).v'.")
  private List<String> probes = List.of();

  @Option(names = "--record-every", paramLabel = "MS", description = "From one sample to the next, ms. Default: dt")
  private Double recordEvery;

  @Mixin private EngineOptions engine;

  @Option(names = "--threads", paramLabel = "N", description = "Threads. Default: one for each core")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(names = "--checkpoint", paramLabel = "FILE",
      description = "Keep the state in FILE, so that the run can be resumed.")
  private Path checkpoint;

  @Option(names = "--checkpoint-every", paramLabel = "MS", defaultValue = "1000",
      description = "From one checkpoint to the next, ms. Default: ${DEFAULT-VALUE}")
  private double checkpointEvery;

  @Option(names = "--resume", paramLabel = "FILE",
      description = "Go on from a checkpoint, with the options of that run.")
  private Path resume;

  @Override
  public Integer call() throws IOException {
    Subject subject = subject();
    var grid = new Grid(subject.step());
    long steps = grid.steps("--tstop", tstop);
    int every = Math.toIntExact(recordEvery == null ? 1 : grid.steps("--record-every", recordEvery));
    List<Probe> recorded = probes.stream().map(Probe::parse).toList();
    if (new HashSet<>(recorded).size() < recorded.size()) {
      throw new InputException("--record", null, "names a probe twice", null);
    }
    Events queue = events == null ? new Events() : EventsCsv.read(events, cells, subject.slots(), tstop);
    int given = queue.size();  // a resumed run drops those that were delivered
    Device device = engine.device();
    try (Population population = subject.population(device)) {
      if (resume != null) {
        population.restore(Checkpoint.read(resume));
      }
      var simulation = new Simulation(population, queue, steps, recorded, every, subject.samples());
      var description = new RunDescription(cellName, subject, tstop, events, given, simulation.outputs(), every, device);
      if (checkpoint != null) {
        simulation.checkpoint(checkpoint, grid.steps("--checkpoint-every", checkpointEvery));
      }
      try (OutputDirectory directory = resume == null ? OutputDirectory.create(out, force)
          : OutputDirectory.resume(out, force)) {
        if (resume == null) {
          description.begin(directory);
        } else {
          description.requireSame(directory);
        }
        try (var progress = new Progress(tstop)) {
          simulation.run(directory, progress);
        }
        description.finish(directory, simulation.spikes());
        directory.commit();
      }
    }
    return 0;
  }

  private Subject subject() {
    if (!SurrogateFile.isOne(cellName)) {
      var assigned = assignments.stream().map(Assignment::parse).toList();
      var cell = Cells.load(cellName);
      return new Subject.Cell(cell, options(cell, assigned), assigned);
    }
    refuse("--stim", stimuli.isEmpty());
    refuse("--set", assignments.isEmpty());
    refuse("--dt", dt == null);
    refuse("--v-init", vInit == null);
    refuse("--celsius", celsius == null);
    refuse("--rates poly", engine.rates == Rates.EXACT);
    Path file = Path.of(cellName);
    return new Subject.Network(file, SurrogateFile.read(file),
        SurrogateOptions.DEFAULT.cells(cells).threads(threads).precision(engine.surrogatePrecision()));
  }

  private void refuse(String option, boolean absent) {
    if (!absent) {
      throw new InputException(option, null, "a surrogate has nothing that it could change", "It is of the cell as that was when it was trained");
    }
  }

  private CableOptions options(CompiledCell cell, List<Assignment> assigned) {
    CableOptions o = CableOptions.of(cell).cells(cells).threads(threads)
        .precision(engine.precision()).rates(engine.rates);
    o = dt == null ? o : o.dt(dt);
    o = vInit == null ? o : o.vInit(vInit);
    o = celsius == null ? o : o.celsius(celsius);
    for (String s : stimuli) {
      o = o.stimulus(Stimulus.parse(s));
    }
    for (Assignment a : assigned) {
      o = o.vary(a.variation(cells));
    }
    return o;
  }

  /** Turns ms into steps. */
  private record Grid(double dt) {
    long steps(String option, double ms) {
      long n = Math.round(ms / dt);
      if (!(n >= 1) || Math.abs(n * dt - ms) > 1e-6 * dt) {
        throw new InputException(option, null, ms + " ms is not a positive multiple of dt, " + dt + " ms", null);
      }
      return n;
    }
  }
}
