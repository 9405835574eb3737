package io.galvani.surrogate;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where a surrogate comes from; each text may be empty.
 *
 * @param cell the cell file that it stands for
 * @param training the data that it was fitted to
 * @param version of the programme that fitted it
 * @param scores by name, in the order given
 */
public record Provenance(String cell, String training, String version, Map<String, Double> scores) {
  /** Nothing is known. */
  public static final Provenance UNKNOWN = new Provenance("", "", "", Map.of());

  public Provenance {
    scores = Collections.unmodifiableMap(new LinkedHashMap<>(scores));
  }
}
