package io.galvani.surrogate;

import io.galvani.Slot;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A network that stands for a cell: what goes into its channels, and what becomes of its outputs.
 *
 * <p>Row n of the window holds the state at n · sample and the events in [n · sample, (n + 1) · sample).
 *
 * @param name of the cell it stands for
 * @param about anything; may be empty
 * @param sample ms from sample to sample
 * @param network what is computed
 * @param channels one for each channel of the network
 * @param outputs one for each output of the network
 * @param slots of the cell, in the order of their indices
 * @param spikes when it spikes; empty if it never does
 * @param provenance where it comes from
 */
public record Surrogate(String name, String about, double sample, Network network, List<Channel> channels, List<Output> outputs,
    List<SlotInput> slots, Optional<SpikeRule> spikes, Provenance provenance) {

  /** @throws IllegalArgumentException if the parts do not fit together */
  public Surrogate {
    channels = List.copyOf(channels);
    outputs = List.copyOf(outputs);
    slots = List.copyOf(slots);
    if (!(sample > 0 && sample < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("sample = " + sample + " ms is not above 0");
    }
    requireCount("channels", channels.size(), network.channels());
    requireCount("outputs", outputs.size(), network.outputs());
    requireUnique("channel", channels.stream().map(Channel::name).toList());
    requireUnique("output", outputs.stream().map(Output::name).toList());
    requireUnique("slot", slots.stream().map(s -> s.slot().name()).toList());
    var states = new HashSet<Integer>();
    for (Output o : outputs) {
      if (o.channel() == Output.NO_CHANNEL) {
        if (!o.feedbackAffine().equals(Output.Affine.NONE)) {
          throw new IllegalArgumentException("output '" + o.name() + "' has a correction of what is fed back, and no channel for it");
        }
        continue;
      }
      Channel c = channel(channels, o.channel(), "output '" + o.name() + "'");
      if (!states.add(o.channel())) {
        throw new IllegalArgumentException("two outputs are fed back to channel '" + c.name() + "'");
      }
      if (!o.unit().equals(c.unit()) || !o.normalisation().equals(c.normalisation())) {
        throw new IllegalArgumentException("output '" + o.name() + "' has not the unit and normalisation of channel '" + c.name() + "'");
      }
    }
    for (int i = 0; i < slots.size(); i++) {
      Slot s = slots.get(i).slot();
      if (s.index() != i) {
        throw new IllegalArgumentException("slot '" + s.name() + "' has index " + s.index() + " at position " + i);
      }
      Channel c = channel(channels, slots.get(i).channel(), "slot '" + s.name() + "'");
      if (states.contains(slots.get(i).channel())) {
        throw new IllegalArgumentException("slot '" + s.name() + "' and an output enter one channel, '" + c.name() + "'");
      }
      if (!c.normalisation().isLinear()) {
        throw new IllegalArgumentException("channel '" + c.name() + "' of slot '" + s.name()
            + "' is not 0 where nothing arrives, or compresses sums: it takes a factor and a scale at most");
      }
    }
    if (spikes.isPresent() && (spikes.get().output() < 0 || spikes.get().output() >= outputs.size())) {
      throw new IllegalArgumentException("spikes of output " + spikes.get().output() + " of " + outputs.size());
    }
  }

  /**
   * A network of which nothing else is known: 1 ms a sample, nothing normalised, output i fed back to channel i as far as there are so
   * many channels.
   */
  public static Surrogate of(String name, Network network) {
    var channels = IntStream.range(0, network.channels()).mapToObj(i -> new Channel("channel" + i, "", Normalisation.NONE)).toList();
    return new Surrogate(name, "", 1, network, channels, fedBack(channels, network.outputs()), List.of(), Optional.empty(),
        Provenance.UNKNOWN);
  }

  /** Outputs of which output i is fed back to channel i as far as there are so many. */
  static List<Output> fedBack(List<Channel> channels, int outputs) {
    return IntStream.range(0, outputs).mapToObj(i -> {
      boolean fed = i < channels.size();
      Channel c = fed ? channels.get(i) : new Channel("output" + i, "", Normalisation.NONE);
      return new Output(c.name(), c.unit(), c.normalisation(), fed ? i : Output.NO_CHANNEL, Output.Affine.NONE, Output.Affine.NONE,
          Output.Gain.NONE);
    }).toList();
  }

  private static Channel channel(List<Channel> channels, int index, String who) {
    if (index < 0 || index >= channels.size()) {
      throw new IllegalArgumentException(who + " enters channel " + index + " of " + channels.size());
    }
    return channels.get(index);
  }

  private static void requireCount(String what, int described, int ofNetwork) {
    if (described != ofNetwork) {
      throw new IllegalArgumentException(described + " " + what + " where the network has " + ofNetwork);
    }
  }

  private static void requireUnique(String what, Collection<String> names) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (name.isBlank()) {
        throw new IllegalArgumentException("a " + what + " without a name");
      }
      if (!seen.add(name)) {
        throw new IllegalArgumentException("a second " + what + " named '" + name + "'");
      }
    }
  }
}
