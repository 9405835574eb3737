package io.galvani.training;

import io.galvani.Slot;
import io.galvani.surrogate.Channel;
import io.galvani.surrogate.Normalisation;
import io.galvani.surrogate.SlotInput;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The sites of a protocol as the inputs of a surrogate: a channel each, and the slots that lead to them. */
public final class SiteChannels {
  private SiteChannels() {}

  /** Channels in the order of the sites: an event of a slot's own weight is 1 to the network. */
  public static List<Channel> channels(List<Protocol.Site> sites) {
    return sites.stream().map(s -> new Channel(s.name(), "uS", new Normalisation(1, Double.POSITIVE_INFINITY, 1, 0, s.slot().weight())))
        .toList();
  }

  /**
   * Slots in the order of the cell; those that nothing was sent to in training are none of the surrogate.
   *
   * @param first number of the first site's channel
   */
  public static List<SlotInput> slots(List<Protocol.Site> sites, int first) {
    var slots = new ArrayList<SlotInput>();
    for (var site : sites.stream().sorted(Comparator.comparingInt((Protocol.Site s) -> s.slot().index())).toList()) {
      Slot s = site.slot();
      slots.add(new SlotInput(new Slot(slots.size(), s.name(), s.at(), s.kind(), s.weight()), first + sites.indexOf(site)));
    }
    return slots;
  }
}
