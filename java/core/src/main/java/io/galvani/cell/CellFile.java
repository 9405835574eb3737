package io.galvani.cell;

import io.galvani.InputException;
import io.galvani.cell.CompiledCell.Defaults;
import io.galvani.cell.Distribution.Distance;
import io.galvani.cell.Distribution.Where;
import io.galvani.io.YamlMap;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import io.galvani.mechanism.Parameter;
import io.galvani.morphology.Swc;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads cell files: a cell written by hand, in YAML. The format is described, with an example, in
 * {@code io/galvani/cells/README.md} among the resources.
 */
public final class CellFile {
  /** Opens the files that lie beside a cell file. */
  @FunctionalInterface
  interface Folder {
    InputStream open(String name) throws IOException;
  }

  private static final List<String> KEYS = List.of("name", "about", "v_init", "celsius", "dt", "morphology", "remove", "sections",
      "lists", "distances", "regions", "slots", "spikes");
  private static final List<String> REGION = List.of("nseg", "Ra", "cm", "ena", "ek", "mechanisms");
  private static final List<String> SLOT = List.of("at", "on", "x", "kind", "weight");

  private final YamlMap file;
  private final Map<String, Distance> distances = new HashMap<>();
  private final CellModel.Builder cell;

  private CellFile(YamlMap file, String name) {
    this.file = file.only(KEYS);
    cell = CellModel.builder(file.has("name") ? file.text("name") : name);
  }

  /**
   * Reads a cell file; the morphology it names lies beside it.
   *
   * @throws InputException for anything that is not as documented; names the line
   */
  public static CellModel read(Path path) {
    String name = path.getFileName().toString().replaceFirst("\\.ya?ml$", "");
    try (var text = Files.newBufferedReader(path)) {
      return read(path.toString(), name, text, beside -> Files.newInputStream(path.resolveSibling(beside)));
    } catch (IOException e) {
      throw InputException.unreadable(path, e);
    }
  }

  /** As {@link #read(Path)}; {@code source} names the text in errors, {@code name} the cell if the text does not. */
  static CellModel read(String source, String name, Reader text, Folder folder) {
    var reader = new CellFile(YamlMap.read(source, text), name);
    reader.readDefaults();
    reader.readSections(folder);
    reader.readDistances();
    reader.readRegions();
    reader.readSlots();
    reader.readSpikes();
    return reader.cell.from(reader.file.origin()).build();
  }

  private void readDefaults() {
    var d = Defaults.NEURON;
    for (String key : List.of("v_init", "celsius", "dt")) { // one after another, for the line of a fault
      if (file.has(key)) {
        d = switch (key) {
          case "v_init" -> new Defaults(file.number(key, "mV"), d.celsius(), d.dt());
          case "celsius" -> new Defaults(d.vInit(), file.number(key, "degC"), d.dt());
          default -> new Defaults(d.vInit(), d.celsius(), file.number(key, "ms"));
        };
        cell.from(file.origin(key)).defaults(d);
      }
    }
  }

  private void readSections(Folder folder) {
    if (file.has("morphology")) {
      String swc = file.text("morphology");
      try (var in = folder.open(swc)) {
        cell.from(file.origin("morphology")).morphology(Swc.read(swc, in));
      } catch (IOException e) {
        throw file.origin("morphology").fault(swc + ": " + InputException.reason(e), "It must lie beside the cell file");
      }
    }
    if (file.has("remove")) {
      file.texts("remove").forEach(cell.from(file.origin("remove"))::remove);
    }
    var sections = file.map("sections");
    for (String name : sections.keys()) {
      var s = sections.map(name).only(List.of("L", "diam", "parent"));
      cell.from(sections.origin(name))
          .cylinder(name, s.number("L", "um"), s.number("diam", "um"), s.has("parent") ? s.location("parent") : null);
    }
    var lists = file.map("lists");
    for (String name : lists.keys()) {
      cell.from(lists.origin(name)).list(name, lists.texts(name));
    }
  }

  private void readDistances() {
    var all = file.map("distances");
    for (String name : all.keys()) {
      var d = all.map(name).only(List.of("from", "at", "normalised"));
      var where = !d.has("at") ? Where.CENTRE : switch (d.text("at")) {
        case "centre" -> Where.CENTRE;
        case "last_at_end" -> Where.LAST_AT_END;
        default -> throw d.origin("at").unknown("place in a segment", d.text("at"), List.of("centre", "last_at_end"));
      };
      var from = cell.from(all.origin(name)).known(d.location("from"));
      distances.put(name, new Distance(from, where, d.has("normalised") && d.truth("normalised")));
    }
    if (distances.put("x", Distance.RELATIVE) != null) {
      throw all.origin("x").fault("'x' is the position in a section", "Take another name");
    }
  }

  private void readRegions() {
    var regions = file.map("regions");
    for (String region : regions.keys()) {
      var r = regions.map(region).only(REGION);
      cell.from(regions.origin(region)).sectionsOf(region);
      if (r.has("nseg")) {
        cell.from(r.origin("nseg")).nseg(region, nsegRule(r));
      }
      if (r.has("Ra")) {
        cell.from(r.origin("Ra")).Ra(region, r.number("Ra", "ohm cm"));
      }
      if (r.has("cm")) {
        cell.from(r.origin("cm")).cm(region, r.number("cm", "uF/cm2"));
      }
      for (String ion : List.of("ena", "ek")) {
        if (r.has(ion)) {
          cell.from(r.origin(ion)).ion(region, ion, r.number(ion, "mV"));
        }
      }
      var mechanisms = r.map("mechanisms");
      for (String name : mechanisms.keys()) {
        readMechanism(region, name, mechanisms);
      }
    }
  }

  private NsegRule nsegRule(YamlMap region) {
    if (!region.isMap("nseg")) {
      return NsegRule.fixed(region.whole("nseg"));
    }
    var rule = region.map("nseg");
    if (rule.has("every")) {
      return NsegRule.every(rule.only(List.of("every")).number("every", "um"));
    }
    rule.only(List.of("d_lambda", "f", "every"));
    return NsegRule.dLambda(rule.number("d_lambda", ""), rule.number("f", "Hz", 100));
  }

  private void readMechanism(String region, String name, YamlMap mechanisms) {
    var origin = mechanisms.origin(name);
    cell.from(origin).insert(region, name, Map.of());
    var m = Catalogue.builtIn().require(name, origin.source(), origin.place());
    var parameters = mechanisms.map(name).only(names(m));
    for (String p : parameters.keys()) {
      String unit = m.parameters().get(m.indexOf(p)).unit();
      var value = parameters.isMap(p) ? distribution(parameters.map(p), unit)
          : new Distribution.Uniform(parameters.number(p, unit));
      cell.from(parameters.origin(p)).vary(region, name, p, value);
    }
  }

  private Distribution distribution(YamlMap d, String unit) {
    d.only(List.of("over", "exponential", "step", "ramp"));
    var over = distances.get(d.text("over"));
    if (over == null) {
      throw d.origin("over").unknown("distance", d.text("over"), distances.keySet());
    }
    if (d.keys().size() != 2) {
      throw d.origin().fault("not one of exponential, step, ramp", "Give exactly one");
    }
    String distance = over.origin() == null || over.normalised() ? "" : "um";
    if (d.has("exponential")) {
      var e = d.map("exponential").only(List.of("scale", "a", "b", "c"));
      return new Distribution.Exponential(e.number("scale", unit, 1), e.number("a", ""), e.number("b", ""),
          e.number("c", distance.isEmpty() ? "" : "1/um"), over);
    }
    if (d.has("step")) {
      var s = d.map("step").only(List.of("from", "to", "inside", "outside"));
      return new Distribution.Step(s.number("from", distance), s.number("to", distance), s.number("inside", unit),
          s.number("outside", unit), over);
    }
    double[][] points = d.pairs("ramp", distance, unit);
    for (int i = 1; i < points[0].length; i++) {
      if (points[0][i] < points[0][i - 1]) {
        throw d.origin("ramp").fault("the distances of a ramp do not ascend", null);
      }
    }
    return new Distribution.Ramp(points[0], points[1], over);
  }

  private void readSlots() {
    var slots = file.map("slots");
    for (String name : slots.keys()) {
      var s = slots.map(name);
      var origin = s.origin("kind");
      var m = Catalogue.builtIn().require(s.text("kind"), origin.source(), origin.place());
      var known = new ArrayList<>(SLOT);
      known.addAll(names(m));
      s.only(known);
      var parameters = new LinkedHashMap<String, Double>();
      for (Parameter p : m.parameters()) {
        if (s.has(p.name())) {
          parameters.put(p.name(), s.number(p.name(), p.unit()));
        }
      }
      double weight = s.number("weight", "uS");
      cell.from(slots.origin(name));
      if (s.has("on") == s.has("at")) {
        throw slots.origin(name).fault("a slot needs either 'at' or 'on'", "Write at: soma(0.5), or on: dend");
      }
      if (s.has("at")) {
        cell.slot(new SlotSpec(name, s.location("at"), m.name(), parameters, weight));
      } else if (s.has("x")) {
        cell.slots(s.texts("on"), s.number("x", ""), name, m.name(), parameters, weight);
      } else {
        cell.slots(s.texts("on"), name, m.name(), parameters, weight);
      }
    }
  }

  private void readSpikes() {
    if (file.has("spikes")) {
      for (YamlMap s : file.maps("spikes")) {
        s.only(List.of("at", "threshold"));
        cell.from(s.origin()).spikes(s.location("at"), s.number("threshold", "mV", 0));
      }
    }
  }

  private static List<String> names(Mechanism m) {
    return m.parameters().stream().map(Parameter::name).toList();
  }
}
