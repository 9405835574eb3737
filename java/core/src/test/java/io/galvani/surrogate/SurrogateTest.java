package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.Location;
import io.galvani.Slot;
import io.galvani.surrogate.Output.Affine;
import io.galvani.surrogate.Output.Gain;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the numbers of a network mean. */
class SurrogateTest {
  /** The constants of Oláh, Pedersen &amp; Rowan 2022 for their point cell and their layer-2/3 cell. */
  @ParameterizedTest
  @CsvSource({
      // factor, knee, compression, offset, scale: value → number
      "1, Infinity, 1, -76.7385, 116.8503, -76.7385, 0",
      "1, Infinity, 1, -76.7385, 116.8503, 40.1118, 1",
      "1, -20, Infinity, -101.557, 81.557, -20, 1",
      "1, 0.05, 75, -3.15846e-5, 0.0606687066667, 0.05, 0.824668719",
      "1, 0.05, 75, -3.15846e-5, 0.0606687066667, 0.8, 0.989498341",
      "-1, 0.1, 190, 6.1946e-6, 0.104076784210526, -0.1, 0.960769553",
      "-1, 0.1, 190, 6.1946e-6, 0.104076784210526, -2, 1.056852460"})
  void normalises(double factor, double knee, double compression, double offset, double scale, double value, double number) {
    var n = new Normalisation(factor, knee, compression, offset, scale);
    assertEquals(number, n.normalise(value), 1e-9);
    assertEquals(value, n.restore(n.normalise(value)), 1e-12);
  }

  @Test
  void whatIsClippedIsLost() {
    var n = new Normalisation(1, -20, Double.POSITIVE_INFINITY, -101.557, 81.557);
    assertEquals(1, n.normalise(40));
    assertEquals(-20 + 81.557, n.restore(2), 1e-12, "a network may go beyond what it was shown");
    assertTrue(n.clips() && !n.isLinear() && Normalisation.NONE.isLinear() && !Normalisation.NONE.clips());
  }

  /** Their run loops: y ← y/0.91 − 0.008, then V = y/0.96938 − 0.00241; and the gain of the Rett circuit. */
  @Test
  void correctsAnOutputThenWhatIsFedBack() {
    var o = new Output("v", "", Normalisation.NONE, 0, new Affine(1 / 0.91, -0.008), new Affine(1 / 0.96938, -0.00241), Gain.NONE);
    double recorded = o.recorded(0.5, 7);
    assertEquals(0.5 / 0.91 - 0.008, recorded, 1e-15);
    assertEquals((0.5 / 0.91 - 0.008) / 0.96938 - 0.00241, o.fedBack(recorded), 1e-15);

    var gain = new Gain(1.0005191447815092, -0.00015243712218148255, 0.9947875832020883);
    assertEquals(1.0003667076593277, gain.at(0), 1e-15);
    assertEquals(1.0005191447815092 - 0.00015243712218148255 * Math.pow(0.9947875832020883, 100), gain.at(100), 1e-15);
    var late = new Output("v", "", Normalisation.NONE, 0, new Affine(2, 1), new Affine(1, 0.25), gain);
    assertEquals(gain.at(3) * 2, late.recorded(0.5, 3), 1e-15);
    assertEquals(1, Gain.NONE.at(0));
  }

  @Test
  void aNetworkAloneFeedsItsOutputsBackToItsFirstChannels() {
    var s = Surrogate.of("net", TestNetworks.everything());
    assertEquals(List.of(0, 1), s.outputs().stream().map(Output::channel).toList());
    assertEquals(List.of("channel0", "channel1", "channel2", "channel3"), s.channels().stream().map(Channel::name).toList());
    assertEquals("channel1", s.outputs().get(1).name());
    assertEquals(Output.NO_CHANNEL, Surrogate.fedBack(s.channels(), 5).get(4).channel());
  }

  @Test
  void refusesPartsThatDoNotFit() {
    var good = TestNetworks.surrogate();
    refused("3 channels where the network has 4", good, good.channels().subList(0, 3), good.outputs(), good.slots());
    refused("1 outputs where the network has 2", good, good.channels(), good.outputs().subList(0, 1), good.slots());
    refused("a second channel named 'exc'", good, replace(good.channels(), 3, good.channels().get(2)), good.outputs(), good.slots());
    refused("a channel without a name", good, replace(good.channels(), 1, new Channel("", "", Normalisation.NONE)), good.outputs(),
        good.slots());
    refused("channel 'v' of slot 'c' is not 0", good, good.channels(), good.outputs().reversed().stream().map(o -> new Output(o.name(), "",
        Normalisation.NONE, -1, Affine.NONE, Affine.NONE, Gain.NONE)).toList(), slot(good, 0));
    refused("slot 'c' and an output enter one channel, 'v'", good, good.channels(), good.outputs(), slot(good, 0));
    refused("slot 'c' enters channel 4 of 4", good, good.channels(), good.outputs(), slot(good, 4));
    refused("has index 2 at position 0", good, good.channels(), good.outputs(), good.slots().subList(2, 3));
    refused("output 'ca' has not the unit and normalisation of channel 'exc'", good, good.channels(), output(good, 2, Affine.NONE),
        good.slots());
    refused("two outputs are fed back to channel 'v'", good, good.channels(), output(good, 0, Affine.NONE), good.slots());
    refused("no channel for it", good, good.channels(), output(good, -1, new Affine(2, 0)), good.slots());
    for (Runnable bad : List.<Runnable>of(() -> new Normalisation(0, 1, 1, 0, 1), () -> new Normalisation(1, 1, 0.5, 0, 1),
        () -> new Normalisation(1, 1, 1, Double.NaN, 1), () -> new Normalisation(1, 1, 1, 0, 0),
        () -> new Normalisation(1, Double.POSITIVE_INFINITY, 2, 0, 1), () -> new Normalisation(1, Double.NaN, 2, 0, 1),
        () -> new Affine(Double.NaN, 0), () -> new Gain(1, 1, 1.1), () -> new SpikeRule(0, SpikeRule.Kind.PEAK, 0, -1))) {
      assertThrows(IllegalArgumentException.class, bad::run);
    }
  }

  private static void refused(String says, Surrogate s, List<Channel> channels, List<Output> outputs, List<SlotInput> slots) {
    var e = assertThrows(IllegalArgumentException.class, () -> new Surrogate(s.name(), "", 1, s.network(), channels, outputs, slots,
        Optional.empty(), Provenance.UNKNOWN));
    assertTrue(e.getMessage().contains(says), e.getMessage());
  }

  /** The slots with one more, which enters that channel. */
  private static List<SlotInput> slot(Surrogate s, int channel) {
    return replace(s.slots(), 2, new SlotInput(new Slot(2, "c", Location.parse("soma(0.5)"), "ExpSyn", 0), channel));
  }

  /** The outputs with another second one. */
  private static List<Output> output(Surrogate s, int channel, Affine feedback) {
    var o = s.outputs().get(1);
    var c = channel == 0 ? s.channels().getFirst() : new Channel("", o.unit(), o.normalisation());
    return replace(s.outputs(), 1, new Output(o.name(), c.unit(), c.normalisation(), channel, Affine.NONE, feedback, Gain.NONE));
  }

  private static <T> List<T> replace(List<T> list, int i, T with) {
    var copy = new ArrayList<>(list);
    copy.set(i, with);
    return copy;
  }
}
