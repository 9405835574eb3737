package io.galvani.mechanism;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.galvani.InputException;
import java.util.List;

/**
 * What Java knows of a channel, pump, synapse or stimulus: names, units and defaults. The physics is
 * {@code kernels/mechanisms/<name>.h}, from which this was written at build time.
 *
 * @param ion the ion whose current it carries or whose concentration it keeps, or an empty string
 * @param calcium whether it reads or keeps the concentration or the reversal potential of calcium
 * @param slow whether float32 keeps the remainders of its gates, which rounding would lose
 */
public record Mechanism(String name, Kind kind, String about, String ion, boolean calcium, boolean slow,
    List<Parameter> parameters, List<String> states) {

  /** What a mechanism acts on. */
  public enum Kind {
    /** A current density over membrane. */
    @JsonProperty("channel") CHANNEL,
    /** Keeps the concentration of an ion below the membrane. */
    @JsonProperty("pool") POOL,
    /** A point conductance or current driven by events. */
    @JsonProperty("synapse") SYNAPSE,
    /** A point current that is a function of time. */
    @JsonProperty("stimulus") STIMULUS;

    /** Whether it sits on a point and not on an area. */
    public boolean isPoint() {
      return this == SYNAPSE || this == STIMULUS;
    }
  }

  /** Position of a parameter, or −1. */
  public int indexOf(String parameter) {
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).name().equals(parameter)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Position of a parameter.
   *
   * @param source and {@code place}: what names it, for the error
   * @throws InputException if there is none of that name
   */
  public int require(String parameter, String source, String place) {
    int i = indexOf(parameter);
    if (i < 0) {
      throw InputException.unknown(source, place, "parameter of " + name, parameter,
          parameters.stream().map(Parameter::name).toList());
    }
    return i;
  }

  /** Defaults in the order of {@link #parameters}. */
  public double[] defaults() {
    return parameters.stream().mapToDouble(Parameter::value).toArray();
  }
}
