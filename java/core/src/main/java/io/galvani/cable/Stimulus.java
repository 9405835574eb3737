package io.galvani.cable;

import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A current that is a function of time, the same on every cell unless varied ({@link Variation}).
 *
 * @param mechanism such as {@code IClamp} (del, dur in ms; amp in nA) or {@code epsp}
 * @param at where
 * @param parameters those that differ from the defaults
 */
public record Stimulus(String mechanism, Location at, Map<String, Double> parameters) {
  public Stimulus {
    Mechanism m = Catalogue.builtIn().require(mechanism, "stimulus", null);
    if (m.kind() != Mechanism.Kind.STIMULUS) {
      throw new InputException("stimulus", null, mechanism + " is a " + m.kind().name().toLowerCase(),
          "Stimuli are: " + String.join(", ", Catalogue.builtIn().all().stream()
              .filter(s -> s.kind() == Mechanism.Kind.STIMULUS).map(Mechanism::name).toList()));
    }
    parameters = Map.copyOf(new LinkedHashMap<>(parameters));
    for (var p : parameters.entrySet()) {
      m.require(p.getKey(), "stimulus", mechanism);
      if (!Double.isFinite(p.getValue())) {
        throw new InputException("stimulus", mechanism, p.getKey() + " = " + p.getValue() + " is not finite", null);
      }
    }
  }

  /** A constant current of {@code amp} nA from {@code del} for {@code dur} ms, positive depolarising. */
  public static Stimulus iClamp(Location at, double del, double dur, double amp) {
    return new Stimulus("IClamp", at, Map.of("del", del, "dur", dur, "amp", amp));
  }

  /** Reads {@code IClamp soma(0.5) delay=50 dur=400 amp=0.1}; {@code delay} is another name of {@code del}. */
  public static Stimulus parse(String text) {
    String[] words = text.strip().split("\\s+");
    if (words.length < 2) {
      throw new InputException("stimulus", null, "'" + text + "' is too short",
          "Write e.g. 'IClamp soma(0.5) delay=50 dur=400 amp=0.1'");
    }
    var parameters = new LinkedHashMap<String, Double>();
    for (int i = 2; i < words.length; i++) {
      int eq = words[i].indexOf('=');
      String name = eq < 0 ? words[i] : words[i].substring(0, eq);
      try {
        double value = Double.parseDouble(words[i].substring(eq + 1));
        if (parameters.put(name.equals("delay") ? "del" : name, value) != null) {
          throw new InputException("stimulus", null, "'" + text + "' gives " + name + " twice", null);
        }
      } catch (NumberFormatException e) {
        throw new InputException("stimulus", null, "'" + words[i] + "' is not name=number", null);
      }
    }
    return new Stimulus(words[0], Location.parse(words[1]), parameters);
  }
}
