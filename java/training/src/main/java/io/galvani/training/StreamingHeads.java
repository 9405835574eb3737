package io.galvani.training;

import io.galvani.Probe;
import io.galvani.surrogate.Normalisation;
import io.galvani.surrogate.Output;
import java.util.ArrayList;
import java.util.List;

/**
 * What the heads of a network stand for that events drive: the voltage, the spike score, the voltage below a limit if the protocol has one,
 * and then what else is recorded.
 *
 * @param heads in their order
 */
public record StreamingHeads(List<Head> heads) {
  /** Index of the heads that are always there. */
  static final int VOLTAGE = 0;
  static final int SPIKE = 1;
  /** Name of the output that is the more, the more probable a spike is. */
  static final String SPIKE_NAME = "spike";
  /** Weights of mean squares: of the voltage below a limit, and of the whole one beside it, as the mean of what a spike may be blurs what
   * leads to it; of what else is recorded. */
  private static final double BELOW = 5;
  private static final double WHOLE = 0.1;
  private static final double FURTHER = 0.1;

  /**
   * One of them.
   *
   * @param output of the surrogate
   * @param recorded index of what it is fitted to, among what is recorded; −1: spikes
   * @param limit above which that is cut off
   * @param weight of its mean square in the loss
   */
  public record Head(Output output, int recorded, double limit, double weight) {
    Normalisation normalisation() {
      return output.normalisation();
    }
  }

  /**
   * Those that a protocol asks for.
   *
   * @param data of training, which tells the usual size of currents
   */
  public static StreamingHeads of(Protocol p, List<Traces> data) {
    var heads = new ArrayList<Head>();
    var names = List.copyOf(p.outputs().keySet());
    var probes = List.copyOf(p.outputs().values());
    Probe voltage = probes.getFirst();
    var scale = OutputScales.plain(data, 0, voltage);
    boolean cut = !Double.isNaN(p.below());
    heads.add(new Head(output(names.getFirst(), voltage, "mV", scale), 0, Double.POSITIVE_INFINITY, cut ? WHOLE : 1));
    heads.add(new Head(output(SPIKE_NAME, new Probe(voltage.at(), SPIKE_NAME), "", Normalisation.NONE), -1, Double.NaN, 0));
    if (cut) {
      heads.add(new Head(output(below(names.getFirst()), below(voltage), "mV", scale), 0, p.below(), BELOW));
    }
    for (int i = 1; i < probes.size(); i++) {
      heads.add(new Head(output(names.get(i), probes.get(i), OutputScales.unit(probes.get(i)), OutputScales.plain(data, i, probes.get(i))), i,
          Double.POSITIVE_INFINITY, FURTHER));
    }
    return new StreamingHeads(List.copyOf(heads));
  }

  /** The same with what a surrogate that training goes on from has of their outputs: its numbers mean what they meant. */
  public StreamingHeads as(List<Output> outputs) {
    return new StreamingHeads(heads.stream().map(h -> new Head(outputs.stream().filter(o -> o.probe().toString().equals(h.output().probe()
        .toString())).findFirst().orElse(h.output()), h.recorded(), h.limit(), h.weight())).toList());
  }

  private static Output output(String name, Probe probe, String unit, Normalisation normalisation) {
    return new Output(name, probe, unit, normalisation, Output.NO_CHANNEL, Output.Affine.NONE, Output.Affine.NONE, Output.Gain.NONE);
  }

  private static String below(String voltage) {
    return voltage + "_below";
  }

  /** The probe of the voltage that is cut off above a limit, beside that of the whole one. */
  static Probe below(Probe voltage) {
    return new Probe(voltage.at(), below(voltage.quantity()));
  }

  /** Number of heads. */
  public int size() {
    return heads.size();
  }

  /** The head whose mean square is the loss that is shown: of the voltage, below its limit if there is one. */
  int shown() {
    return heads.stream().anyMatch(h -> Double.isFinite(h.limit())) ? SPIKE + 1 : VOLTAGE;
  }

  /** The outputs of the surrogate. */
  public List<Output> outputs() {
    return heads.stream().map(Head::output).toList();
  }
}
