package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.Events;
import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.Population;
import io.galvani.Probe;
import io.galvani.Spikes;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.surrogate.SpikeRule.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contract of a population, kept by surrogates. */
class SurrogatePopulationTest {
  private static final SurrogateOptions F64 = SurrogateOptions.DEFAULT.precision(SurrogatePrecision.F64);

  private static Population population(Surrogate s, SurrogateOptions options) {
    return CpuDevice.get().population(s, options);
  }

  /** Events of slots, in µS, and samples in mV: as the run loop of the paper. */
  @Test
  void samplesAreInPhysicalUnits() {
    var s = TestNetworks.surrogate();
    var options = F64.cells(3);
    try (Population p = population(s, options)) {
      assertEquals(0.5, p.step());
      assertEquals(List.of("a", "b", "c"), p.slots().stream().map(slot -> slot.name()).toList());
      var v = p.record(Probe.parse("soma(0.5).v"), 1);
      var ca = p.record(Probe.parse("soma(0.5).ca"), 2);
      var random = new Random(4);
      var events = new Events();
      var references = new ArrayList<RunLoopReference>();
      for (int c = 0; c < 3; c++) {
        references.add(new RunLoopReference(s, window(s, SurrogatePopulation.rest(s))));
      }
      double[][] expected = new double[3][41];
      double[][] calcium = new double[3][21];
      for (double[] x : expected) {
        x[0] = 0;
      }
      for (int n = 0; n < 40; n++) {
        for (int c = 0; c < 3; c++) {
          int slot = random.nextInt(3);
          boolean own = random.nextBoolean();
          float weight = own ? Events.DEFAULT_WEIGHT : random.nextFloat() * 0.01f;
          events.add(0.5 * n + random.nextDouble() * 0.499, c, slot, weight);
          var input = s.slots().get(slot);
          references.get(c).add(input.channel(), s.channels().get(input.channel()).normalisation()
              .normalise(own ? input.slot().weight() : weight));
          double[] y = references.get(c).step();
          expected[c][n + 1] = s.outputs().get(0).normalisation().restore(y[0]);
          if (n % 2 == 1) {
            calcium[c][(n + 1) / 2] = s.outputs().get(1).normalisation().restore(y[1]);
          }
        }
      }
      p.advance(events, 7.5, new Spikes());
      assertEquals(3 * 25, events.size());
      p.advance(events, 20, new Spikes());
      assertEquals(20, p.time());
      double[][] volts = v.drain();
      double[][] found = ca.drain();
      for (int c = 0; c < 3; c++) {
        assertEquals(s.channels().get(0).rest(), volts[c][0], 1e-9);
        assertTrue(Double.isNaN(found[c][0]), "not known at t = 0");
        assertArrayEquals(Arrays.copyOfRange(expected[c], 1, 41), Arrays.copyOfRange(volts[c], 1, 41), 1e-9);
        assertArrayEquals(Arrays.copyOfRange(calcium[c], 1, 21), Arrays.copyOfRange(found[c], 1, 21), 1e-9);
      }
      assertEquals(41, v.firstSample());
    }
  }

  /** A network that hands on what arrives one sample before: samples are then what a test wants. */
  private static Surrogate echo(SpikeRule rule) {
    var dense = new Layer.Dense("d", Tensor.of(new float[] {0, 1}, 2, 1), Tensor.of(new float[1], 1), Activation.LINEAR);
    var network = Network.of("echo", 1, 2, List.of(new Layer.Flatten("f"), dense));
    var v = new Channel("v", "mV", Normalisation.NONE);
    var slot = new SlotInput(new io.galvani.Slot(0, "in", io.galvani.Location.parse("soma(0.5)"), "ExpSyn", 1), 1);
    return new Surrogate("echo", "", 1, network, List.of(v, new Channel("in", "uS", Normalisation.NONE)), Surrogate.fedBack(List.of(v), 1),
        List.of(slot), Optional.of(rule), Provenance.UNKNOWN);
  }

  // Samples: 0 (start) 1 3 2 4 4 1 5 0 6 at 0 … 9 ms.
  @ParameterizedTest
  @CsvSource({
      "CROSSING, 2.5, 0, '2 4 7 9', '1.75 3.25 6.375 8.416666666666666'",
      "ABOVE, 3, 0, '4 5 7 9', '4 5 7 9'",
      "FALLING, 1.5, 0, '3', '3'",
      "PEAK, 2.5, 0, '2 4 7', '2 4 7'",
      "ABOVE, 2.5, 2, '2 5 9', '2 5 9'",
      "ABOVE, 2.5, 1.9, '2 4 7 9', '2 4 7 9'"})
  void spikesFollowTheRule(Kind kind, double threshold, double refractory, String times, String crossings) {
    var s = echo(new SpikeRule(0, kind, threshold, refractory));
    try (Population p = population(s, F64)) {
      assertEquals(List.of(threshold), p.sources().stream().map(Population.Source::threshold).toList());
      var events = new Events();
      int[] samples = {1, 3, 2, 4, 4, 1, 5, 0, 6};
      for (int n = 0; n < samples.length; n++) {
        events.add(n, 0, 0, samples[n]);
      }
      var spikes = new Spikes();
      p.advance(events, 3, spikes);
      p.advance(events, 9, spikes);
      double[] found = new double[spikes.size()];
      Arrays.setAll(found, spikes::time);
      assertArrayEquals(numbers(times), found, 1e-12);
      assertArrayEquals(numbers(crossings), spikes.crossings(0, 0), 1e-12);
    }
  }

  private static double[] numbers(String text) {
    return Arrays.stream(text.split(" ")).mapToDouble(Double::parseDouble).toArray();
  }

  @Test
  void coincidentEventsAddOrOverwrite() {
    var s = echo(new SpikeRule(0, Kind.ABOVE, 100, 0));
    for (boolean overwrites : new boolean[] {false, true}) {
      try (Population p = population(s, F64.overwrites(overwrites))) {
        var v = p.record(Probe.parse("soma(0.5).v"), 1);
        p.advance(new Events().add(0.1, 0, 0, 2).add(0.2, 0, 0).add(0.999, 0, 0, 5).add(1, 0, 0, 7), 2, new Spikes());
        assertArrayEquals(new double[] {0, overwrites ? 5 : 8, 7}, v.drain()[0]);
      }
    }
  }

  @Test
  void snapshotsContinueToTheBit() {
    var s = TestNetworks.surrogate();
    try (Population p = population(s, F64.cells(4)); Population q = population(s, F64.cells(4).threads(3))) {
      var events = new Events().add(0, 1, 0).add(1.2, 2, 2, 0.5f).add(7.1, 3, 1);
      p.advance(events, 5, new Spikes());
      var snapshot = p.snapshot();
      var first = finish(p);
      p.restore(snapshot);
      assertEquals(5, p.time());
      assertArrayEquals(first, finish(p));
      q.restore(snapshot);
      assertArrayEquals(first, finish(q));
      assertThrows(InputException.class, () -> population(s, F64.cells(3)).restore(snapshot));
    }
  }

  private static double[] finish(Population p) {
    var v = p.record(Probe.parse("soma(0.5).v"), 3);
    p.advance(new Events().add(7.1, 3, 1, 0.3f), 12, new Spikes());
    return Arrays.stream(v.drain()).flatMapToDouble(Arrays::stream).toArray();
  }

  @Test
  void whatDoesNotExistIsRefused() {
    var s = TestNetworks.surrogate();
    refused("until = 0.7 ms is not a multiple of dt = 0.5 ms", p -> p.advance(new Events(), 0.7, new Spikes()));
    refused("slot 3 does not exist", p -> p.advance(new Events().add(0, 0, 3), 1, new Spikes()));
    refused("cell 2 does not exist", p -> p.advance(new Events().add(0, 2, 0), 1, new Spikes()));
    refused("lies before the present", p -> p.advance(new Events().add(-0.3, 0, 0), 1, new Spikes()));
    refused("soma(0.5).ca", p -> p.record(Probe.parse("soma(0.5).cai"), 1));
    var e = assertThrows(InputException.class, () -> population(s, F64.start(List.of(new double[3]))));
    assertTrue(e.getMessage().contains("window 0: 3 numbers, and the network takes 6 samples of 4 channels"), e.getMessage());
    double[] nan = SurrogatePopulation.rest(s);
    nan[5] = Double.NaN;
    assertThrows(InputException.class, () -> population(s, F64.start(List.of(nan))));
    assertThrows(InputException.class, () -> SurrogateOptions.DEFAULT.cells(3).start(List.of(nan, nan)));
    var closed = population(s, F64);
    closed.close();
    assertThrows(GalvaniException.class, () -> closed.advance(1, new Spikes()));
  }

  private static void refused(String says, java.util.function.Consumer<Population> action) {
    try (Population p = population(TestNetworks.surrogate(), F64.cells(2))) {
      var e = assertThrows(InputException.class, () -> action.accept(p));
      assertTrue(e.getMessage().contains(says), e.getMessage());
      assertEquals(0, p.time());
    }
  }

  /** What grows without bound ends in an error that names the cell. */
  @Test
  void divergenceIsTold() {
    var dense = new Layer.Dense("d", Tensor.of(new float[] {1e30f, 0}, 2, 1), Tensor.of(new float[1], 1), Activation.LINEAR);
    var s = Surrogate.of("grows", Network.of("grows", 1, 2, List.of(new Layer.Flatten("f"), dense)));
    try (Population p = population(s, SurrogateOptions.DEFAULT.cells(2).start(List.of(new double[2], new double[] {1, 0})))) {
      var e = assertThrows(GalvaniException.class, () -> p.advance(10, new Spikes()));
      assertTrue(e.getMessage().contains("cell 1") && e.getMessage().contains("2 samples after the start"), e.getMessage());
    }
  }

  private static double[][] window(Surrogate s, double[] flat) {
    int channels = s.channels().size();
    double[][] w = new double[flat.length / channels][];
    for (int t = 0; t < w.length; t++) {
      w[t] = Arrays.copyOfRange(flat, t * channels, (t + 1) * channels);
    }
    return w;
  }
}
