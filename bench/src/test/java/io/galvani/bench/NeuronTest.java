package io.galvani.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.galvani.Events;
import io.galvani.GalvaniException;
import io.galvani.Slot;
import io.galvani.Spikes;
import io.galvani.bench.Cases.Load;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Mode;
import io.galvani.cell.CellModel;
import io.galvani.cell.Cells;
import io.galvani.cell.CompiledCell;
import io.galvani.device.cpu.CpuDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NeuronTest {
  private static final Path ROOT = Path.of(System.getProperty("galvani.root"));

  @ParameterizedTest
  @ValueSource(strings = {"singlex2", "c200x2"})
  void firesWithGalvani(String name) throws IOException, InterruptedException {
    fires(Cases.load(name));
  }

  @Test
  @Tag("long")  // a C++ compiler builds the mechanisms
  void firesWithGalvaniWithMechanismsOfItsOwn() throws IOException, InterruptedException {
    fires(Cases.load("l5pcx2"));
  }

  private static void fires(Load load) throws IOException, InterruptedException {
    try (Neuron neuron = start(load); var population = load.population(Mode.ALL.getFirst(), o -> o)) {
      var spikes = new Spikes();
      population.advance(30, spikes);
      double[] theirs = neuron.spikes(30);
      double[] ours = spikes.crossings(1, 0);
      assertTrue(theirs.length > 0, "no spike");
      assertEquals(theirs.length, ours.length);
      for (int i = 0; i < ours.length; i++) {
        assertEquals(theirs[i], ours[i], 1e-3);
      }
      assertTrue(neuron.run(5, load.subject().isSquid()) > 0);
    }
  }

  /** Events that coincide, and events of two cells at the same slots; alpha functions begin half a step apart. */
  @Test
  @Tag("long")
  void takesTheSameEvents() throws IOException, InterruptedException {
    driven("ball", new String[] {"exc", "inh"}, 12, 3, 0.05);
    driven("l5pc", new String[] {"exc[40]", "exc[41]", "exc[300]", "inh[0]"}, 6, 20, 1e-3);
  }

  private static void driven(String name, String[] slots, int bursts, int each, double within) throws IOException, InterruptedException {
    requireInstalled();
    CellModel model = Cells.shipped(name);
    CompiledCell cell = model.compile();
    var index = cell.slots().stream().collect(Collectors.toMap(Slot::name, Slot::index));
    var events = new Events();
    for (int burst = 0; burst < bursts; burst++) {
      for (String slot : slots) {
        for (int k = 0; k < (slot.startsWith("inh") ? 1 : each); k++) {
          events.add(5 + 7 * burst, burst % 2, index.get(slot));
        }
      }
    }
    double until = 10 + 7 * bursts;
    try (Neuron neuron = new Neuron(ROOT, model, cell, 2, 0); var population = CpuDevice.get().population(cell, CableOptions.of(cell).cells(2))) {
      neuron.drive(events);
      double[] theirs = neuron.spikes(until);
      var spikes = new Spikes();
      population.advance(events, until, spikes);
      double[] ours = spikes.crossings(0, 0);
      assertTrue(theirs.length > 1, "no spikes");
      assertArrayEquals(theirs, ours, within);
    }
  }

  private static void requireInstalled() throws IOException, InterruptedException {
    try {
      Neuron.requireInstalled();
    } catch (GalvaniException e) {
      System.out.println("skipped: " + e.getMessage());
      abort(e.getMessage());
    }
  }

  private static Neuron start(Load load) throws IOException, InterruptedException {
    requireInstalled();
    return new Neuron(ROOT, load);
  }
}
