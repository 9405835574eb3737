package io.galvani.validation;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.galvani.InputException;
import io.galvani.Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A case with known answers: a folder with a {@code runs.json} of the format {@code galvani-case-1} and the files that
 * it names. Holds either runs of a cell or rates of mechanisms. Read strictly: an unknown key is an error.
 *
 * @param name of the case
 * @param rates for each mechanism (with {@code :usetable}: NEURON's tables) a file of steady states and time constants
 */
public record Case(@JsonProperty(required = true) String format,
    @JsonProperty(value = "case", required = true) String name, Cell cell, JsonNode slots, List<Run> runs,
    Map<String, String> rates) {
  static final String FILE = "runs.json";
  private static final String FORMAT = "galvani-case-1";
  private static final JsonMapper MAPPER = JsonMapper.builder()
      .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
      .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
          DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
      .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
      .build();

  public Case {
    runs = Objects.requireNonNullElse(runs, List.of());
    rates = Objects.requireNonNullElse(rates, Map.of());
  }

  /**
   * What runs: a compartment table or sections.
   *
   * @param constants reversal potentials and concentrations that a table does not hold, as {@code ena_mV}
   * @param only the mechanisms of the table to be used; {@code null} for all
   * @param pas leak, where the table has none
   */
  record Cell(String table, Map<String, Double> constants, Set<String> only, Map<String, Double> pas,
      List<Section> sections) {
    Cell {
      constants = Objects.requireNonNullElse(constants, Map.of());
    }
  }

  /** A cylinder with mechanisms on it. */
  record Section(@JsonProperty(required = true) String name,
      @JsonProperty(value = "L_um", required = true) double length,
      @JsonProperty(value = "diam_um", required = true) double diam, @JsonProperty(required = true) int nseg,
      @JsonProperty(value = "cm_uF_cm2", required = true) double cm,
      @JsonProperty(value = "Ra_ohm_cm", required = true) double ra, Map<String, Map<String, Double>> mechanisms) {
    Section {
      mechanisms = Objects.requireNonNullElse(mechanisms, Map.of());
    }
  }

  /** One simulation and what is known of it. */
  record Run(@JsonProperty(required = true) String name, @JsonProperty(value = "dt_ms", required = true) double dt,
      @JsonProperty(value = "tstop_ms", required = true) double tstop,
      @JsonProperty(value = "v_init_mV", required = true) double vInit, @JsonProperty(required = true) double celsius,
      @JsonProperty("usetable_hh") Integer usetable, List<Point> stimuli, String events, List<Trace> traces,
      String spikes, @JsonProperty("steady_state") String steadyState) {
    Run {
      usetable = Objects.requireNonNullElse(usetable, 0);
      stimuli = Objects.requireNonNullElse(stimuli, List.of());
      traces = Objects.requireNonNullElse(traces, List.of());
    }
  }

  /** A stimulus or a synapse; its parameters carry their units in the key, as {@code amp_nA}. */
  record Point(Integer slot, @JsonProperty(required = true) String type, String section, Double x,
      @JsonProperty("weight_uS") Double weight, @JsonAnySetter Map<String, JsonNode> parameters) {
    Location at() {
      return Case.at(section, x, type);
    }
  }

  /** The slots of many synapses: a table of places, and the kinetics of its kinds. */
  record SlotFile(@JsonProperty(required = true) String file, Point exc, Point inh) {}

  /** Samples that are known: every so many steps, or at some times, at one place or at all segments. */
  record Trace(@JsonProperty(required = true) String file, @JsonProperty(required = true) String quantity,
      String section, Double x, String nodes, @JsonProperty(required = true) String unit, Integer every,
      @JsonProperty("times_ms") List<Double> times) {}

  /** Spike times that are known; thresholds as in the names. */
  record SpikeTimes(@JsonProperty("grid_0mV_ms") double[] grid, @JsonProperty("interp_0mV_ms") double[] interpolated,
      @JsonAnySetter Map<String, JsonNode> others) {}

  /**
   * Reads the case of a folder.
   *
   * @throws InputException that names file, line and fault
   */
  public static Case read(Path folder) {
    Path file = folder.resolve(FILE);
    Case c = json(file, new TypeReference<Case>() {});
    if (!c.format.equals(FORMAT)) {
      throw new InputException(file.toString(), "format", "'" + c.format + "' is not " + FORMAT, null);
    }
    if (c.runs.isEmpty() == c.rates.isEmpty() || c.runs.isEmpty() != (c.cell == null)) {
      throw new InputException(file.toString(), null, "must hold either a cell with runs, or rates", null);
    }
    return c;
  }

  static Location at(String section, Double x, String what) {
    if (section == null || x == null) {
      throw new InputException(FILE, what, "has no section and x", null);
    }
    return new Location(section, x);
  }

  /** Slots listed one by one; {@code null} if they are in a file. */
  List<Point> listedSlots(Path folder) {
    return slots == null ? List.of() : slots.isArray() ? convert(folder, new TypeReference<List<Point>>() {}) : null;
  }

  SlotFile slotFile(Path folder) {
    return convert(folder, new TypeReference<SlotFile>() {});
  }

  static SpikeTimes spikeTimes(Path file) {
    return json(file, new TypeReference<SpikeTimes>() {});
  }

  private <T> T convert(Path folder, TypeReference<T> type) {
    Path file = folder.resolve(FILE);
    try {
      return MAPPER.readerFor(type).readValue(slots);
    } catch (IOException e) {
      throw bad(file, e);
    }
  }

  private static <T> T json(Path file, TypeReference<T> type) {
    try {
      return MAPPER.readValue(Files.readString(file), type);
    } catch (IOException e) {
      throw bad(file, e);
    }
  }

  private static InputException bad(Path file, IOException e) {
    if (!(e instanceof JsonProcessingException j)) {
      return InputException.unreadable(file, e);
    }
    String place = j.getLocation() == null ? null : Integer.toString(j.getLocation().getLineNr());
    if (e instanceof UnrecognizedPropertyException u) {
      return InputException.unknown(file.toString(), place, "key", u.getPropertyName(),
          u.getKnownPropertyIds().stream().map(String::valueOf).toList());
    }
    String fault = j.getOriginalMessage();
    if (e instanceof JsonMappingException m && !m.getPath().isEmpty()) {
      fault = m.getPath().getLast().getFieldName() + ": " + fault;
    }
    return new InputException(file.toString(), place, fault, null);
  }
}
