package io.galvani.mechanism;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.galvani.GalvaniException;
import io.galvani.InputException;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The mechanisms that Galvani knows, read from the {@code mechanisms.json} that the native build writes. */
public final class Catalogue {
  private static final String RESOURCE = "/io/galvani/native/linux-x86_64/mechanisms.json";
  private static final Catalogue BUILT_IN = read();

  private final Map<String, Mechanism> byName = new LinkedHashMap<>();

  private Catalogue(List<Mechanism> mechanisms) {
    mechanisms.forEach(m -> byName.put(m.name(), m));
  }

  /** The mechanisms built into this version. */
  public static Catalogue builtIn() {
    return BUILT_IN;
  }

  public Collection<Mechanism> all() {
    return byName.values();
  }

  /** Whether a mechanism of that name exists. */
  public boolean has(String name) {
    return byName.containsKey(name);
  }

  /**
   * @param source and {@code place}: what names it, for the error
   * @throws InputException if there is none of that name; suggests the nearest
   */
  public Mechanism require(String name, String source, String place) {
    Mechanism m = byName.get(name);
    if (m == null) {
      throw InputException.unknown(source, place, "mechanism", name, byName.keySet());
    }
    return m;
  }

  private static Catalogue read() {
    try (var in = Catalogue.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new GalvaniException(RESOURCE + " is not in the jar: build it with ./mvnw verify");
      }
      return new Catalogue(new ObjectMapper().readValue(in, new TypeReference<List<Mechanism>>() {}));
    } catch (IOException e) {
      throw new GalvaniException(RESOURCE + ": " + e.getMessage(), e);
    }
  }
}
