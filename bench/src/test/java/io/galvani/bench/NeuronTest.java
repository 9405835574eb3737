package io.galvani.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.galvani.GalvaniException;
import io.galvani.Spikes;
import io.galvani.bench.Cases.Load;
import io.galvani.cable.Mode;
import java.io.IOException;
import java.nio.file.Path;
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

  private static Neuron start(Load load) throws IOException, InterruptedException {
    try {
      Neuron.requireInstalled();
    } catch (GalvaniException e) {
      System.out.println("skipped: " + e.getMessage());
      abort(e.getMessage());
    }
    return new Neuron(ROOT, load);
  }
}
