package io.galvani.training.torch;

import io.galvani.InputException;
import io.galvani.cell.CompiledCell;
import io.galvani.surrogate.Channel;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Output;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.SlotInput;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import io.galvani.training.OutputScales;
import io.galvani.training.Protocol;
import io.galvani.training.SiteChannels;
import io.galvani.training.Traces;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The surrogate of a cell that a network over a window makes: its channels are what the protocol records, fed back, and then the synapses,
 * an event of a slot's own weight being 1.
 */
final class WindowSurrogate {
  private WindowSurrogate() {}

  /** One of a fresh network. */
  static Surrogate of(Architecture kind, Protocol protocol, CompiledCell cell, List<Traces> data, long seed) {
    var sites = protocol.sites(cell);
    var channels = new ArrayList<Channel>();
    var outputs = new ArrayList<Output>();
    protocol.outputs().forEach((name, probe) -> {
      int o = outputs.size();
      var n = OutputScales.fedBack(data, o, probe);
      String unit = OutputScales.unit(probe);
      channels.add(new Channel(name, unit, n));
      outputs.add(new Output(name, probe, unit, n, o, Output.Affine.NONE, Output.Affine.NONE, Output.Gain.NONE));
    });
    channels.addAll(SiteChannels.channels(sites));
    List<SlotInput> slots = SiteChannels.slots(sites, outputs.size());
    return new Surrogate(cell.name(), "A network over the last " + Architecture.WINDOW + " samples (" + kind + ", of Olah et al. 2022);"
        + " what it predicts is fed back.", protocol.sample(), kind.random(channels.size(), outputs.size(), seed), channels, outputs, slots,
        Optional.empty(), Provenance.UNKNOWN);
  }

  /**
   * A surrogate that training goes on from, as one of the cell that it is trained for: its network and what its numbers mean, the cell's
   * name and synapses.
   *
   * @param file names it in errors
   * @throws InputException if it is of another kind, or not of such channels
   */
  static Surrogate continued(Surrogate s, String file, Surrogate fresh, Architecture kind) {
    boolean same = s.sample() == fresh.sample() && shapes(s.network()).equals(shapes(fresh.network()))
        && s.channels().stream().map(Channel::name).toList().equals(fresh.channels().stream().map(Channel::name).toList())
        && s.outputs().stream().map(o -> List.of(o.probe(), o.channel())).toList()
            .equals(fresh.outputs().stream().map(o -> List.of(o.probe(), o.channel())).toList());
    if (!same) {
      throw new InputException(file, null, "is no " + kind + " of the channels " + fresh.channels().stream().map(Channel::name).toList()
          + " and samples of " + fresh.sample() + " ms",
          "Name a surrogate that was trained as such, under a protocol with the same inputs and outputs");
    }
    var channels = new ArrayList<>(fresh.channels());
    var outputs = new ArrayList<Output>();
    for (Output o : s.outputs()) {
      channels.set(o.channel(), s.channels().get(o.channel()));
      outputs.add(new Output(o.name(), o.probe(), o.unit(), o.normalisation(), o.channel(), Output.Affine.NONE, Output.Affine.NONE,
          Output.Gain.NONE));
    }
    return new Surrogate(fresh.name(), fresh.about(), s.sample(), s.network(), channels, outputs, fresh.slots(), Optional.empty(),
        Provenance.UNKNOWN);
  }

  /** Types and shapes of all layers. */
  static List<String> shapes(Network n) {
    return n.layers().stream().map(l -> l.type() + l.weights().values()).toList();
  }

  /** The same with other weights, and what is known of it. */
  static Surrogate with(Surrogate s, List<Layer> layers, Optional<SpikeRule> spikes, Provenance provenance) {
    var network = Network.of(s.name(), s.network().window(), s.network().channels(), layers);
    return new Surrogate(s.name(), s.about(), s.sample(), network, s.channels(), s.outputs(), s.slots(), spikes, provenance);
  }
}
