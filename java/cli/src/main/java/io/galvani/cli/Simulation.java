package io.galvani.cli;

import io.galvani.Events;
import io.galvani.GalvaniException;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Recording;
import io.galvani.Spikes;
import io.galvani.io.Checkpoint;
import io.galvani.io.OutputDirectory;
import io.galvani.trace.Npy;
import io.galvani.trace.NpyWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Integrates a population to the end and writes spikes and samples while they come, so that memory does not grow. */
final class Simulation {
  private static final double LONGEST_PIECE = 100;          // ms
  private static final long SAMPLES_AT_ONCE = 8_000_000;    // held in memory between two writes

  private final Population population;
  private final Events events;
  private final long steps;
  private final Map<Probe, String> outputs = new LinkedHashMap<>();
  private final int every;
  private final Npy.Type type;
  private final long begin;  // step at which this part of the run begins
  private Path checkpoint;
  private long checkpointEvery = Long.MAX_VALUE;
  private long spikes;

  /**
   * @param population at t = 0 or where a checkpoint left it
   * @param events of the whole run
   * @param steps of the whole run
   * @param every steps from one recorded sample to the next
   * @param type of the samples in files
   */
  Simulation(Population population, Events events, long steps, List<Probe> probes, int every, Npy.Type type) {
    this.population = population;
    this.events = events;
    this.steps = steps;
    this.every = every;
    this.type = type;
    begin = Math.round(population.time() / population.step());
    events.drop(begin == 0 ? 0 : events.countUntil(population.time() - population.lead()));
    probes.forEach(p -> outputs.put(p, p.toString().replaceAll("[(\\[]", "_").replaceAll("[)\\]]", "") + ".npy"));
  }

  /** The file of each probe. */
  Map<Probe, String> outputs() {
    return outputs;
  }

  /** Number of spikes written, those before the resumed checkpoint included. */
  long spikes() {
    return spikes;
  }

  /** Writes the state to a file every so many steps. */
  void checkpoint(Path file, long everySteps) {
    checkpoint = file;
    checkpointEvery = everySteps;
  }

  void run(OutputDirectory directory, Progress progress) throws IOException {
    requireSpace(directory);
    var recordings = new ArrayList<Recording>();
    var writers = new ArrayList<NpyWriter>();
    double resumed = begin == 0 ? -1 : population.time();
    try (var spikeFile = SpikeFile.open(directory.file("spikes.csv"), population, resumed)) {
      for (var o : outputs.entrySet()) {
        recordings.add(population.record(o.getKey(), every));
        writers.add(new NpyWriter(directory.file(o.getValue()), type, population.cells(), steps / every + 1));
      }
      var fired = new Spikes();
      long piece = piece();
      for (long done = begin; done < steps; ) {
        long next = Math.min(steps, done + piece);
        boolean due = checkpoint != null && next / checkpointEvery > done / checkpointEvery;
        done = due ? (done / checkpointEvery + 1) * checkpointEvery : next;
        population.advance(events, done * population.step(), fired);
        spikeFile.write(fired);
        fired.clear();
        for (int i = 0; i < writers.size(); i++) {
          write(recordings.get(i), writers.get(i));
        }
        if (due) {
          // What came before the checkpoint must be on the disk before the checkpoint says so.
          spikeFile.force();
          for (NpyWriter w : writers) {
            w.force();
          }
          directory.keepPartial();
          Checkpoint.write(checkpoint, population.snapshot());
        }
        progress.at(population.time());
      }
      spikes = spikeFile.count();
    } finally {
      for (NpyWriter w : writers) {
        w.close();
      }
    }
  }

  // The sample at a resumed checkpoint is in the file already, and was taken in the step before.
  private void write(Recording recording, NpyWriter to) throws IOException {
    long first = recording.firstSample();
    double[][] block = recording.drain();
    int known = begin > 0 && first * every <= begin ? (int) (begin / every - first) + 1 : 0;
    if (known > 0) {
      for (int c = 0; c < block.length; c++) {
        block[c] = Arrays.copyOfRange(block[c], known, block[c].length);
      }
    }
    if (block[0].length > 0) {
      to.write(first + known, block);
    }
  }

  // Steps between two writes: whole ms where memory allows.
  private long piece() {
    long samples = outputs.isEmpty() ? Long.MAX_VALUE
        : Math.max(1, SAMPLES_AT_ONCE / ((long) outputs.size() * population.cells()));
    long most = Math.max(1, Math.round(LONGEST_PIECE / population.step()));
    return outputs.isEmpty() || samples >= most / every ? most : samples * every;
  }

  private void requireSpace(OutputDirectory directory) throws IOException {
    double needed = (double) outputs.size() * population.cells() * (steps / every + 1) * (type == Npy.Type.F8 ? 8 : 4);
    long free = Files.getFileStore(directory.file(".")).getUsableSpace();
    if (begin == 0 && needed > free) {
      throw new GalvaniException(String.format("%s: recording takes %.3g GB where %.3g GB are free. Record fewer"
          + " probes, or raise --record-every", directory.file("."), needed / 1e9, free / 1e9));
    }
  }
}
