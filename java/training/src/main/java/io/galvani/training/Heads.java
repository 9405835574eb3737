package io.galvani.training;

import io.galvani.InputException;
import io.galvani.Probe;
import io.galvani.surrogate.Surrogate;
import java.util.ArrayList;

/**
 * Which outputs of a surrogate stand for what is scored.
 *
 * @param voltage index of the one that stands for the true voltage
 * @param below index of the one that stands for it below spikes; it may be the same
 * @param spike index of the one that says how probable a spike is; −1: none
 */
record Heads(int voltage, int below, int spike) {
  /**
   * Those of a surrogate.
   *
   * @param name of it, for errors
   * @param probe of the voltage
   * @throws InputException if it has no such output
   */
  static Heads of(Surrogate surrogate, String name, Probe probe) {
    var probes = new ArrayList<>(surrogate.outputs().stream().map(o -> o.probe().toString()).toList());
    int voltage = probes.indexOf(probe.toString());
    if (voltage < 0) {
      throw InputException.unknown(name, null, "output", probe.toString(), probes);
    }
    int below = probes.indexOf(StreamingHeads.below(probe).toString());
    int spike = surrogate.outputs().stream().map(o -> o.name()).toList().indexOf(StreamingHeads.SPIKE_NAME);
    return new Heads(voltage, below < 0 ? voltage : below, spike);
  }
}
