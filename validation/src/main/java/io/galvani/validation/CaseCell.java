package io.galvani.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.cable.Stimulus;
import io.galvani.cell.CellModel;
import io.galvani.cell.CompartmentTable;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.NsegRule;
import io.galvani.cell.SlotSpec;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import io.galvani.mechanism.Parameter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Builds the cell, slots and stimuli of a case. */
final class CaseCell {
  // The format's names of what a table does not hold, and the mechanisms' names.
  private static final Map<String, String> CONSTANTS = Map.of("ena_mV", "ena", "ek_mV", "ek", "eh_mV", "ehcn",
      "cao_mM", "cao", "cai0_mM", "cai0", "depth_um", "depth", "minCai_mM", "minCai");

  private CaseCell() {}

  /** The cell of a run with the slots of its case. */
  static CompiledCell build(Path folder, Case c, Case.Run run) {
    var points = c.listedSlots(folder);
    List<SlotSpec> slots = points != null ? listed(points) : tabled(folder, c.slotFile(folder));
    CompiledCell cell = c.cell().table() != null ? fromTable(folder, c.cell()) : fromSections(c);
    cell = cell.withSlots(slots);
    return run.usetable() == 0 ? cell : cell.with("all.hh.usetable", run.usetable());
  }

  static Stimulus stimulus(Case.Point point) {
    return new Stimulus(point.type(), point.at(), parameters(point));
  }

  private static CompiledCell fromTable(Path folder, Case.Cell cell) {
    var constants = new LinkedHashMap<String, Double>();
    cell.constants().forEach((key, value) -> {
      if (!CONSTANTS.containsKey(key)) {
        throw InputException.unknown(Case.FILE, "constants", "constant", key, CONSTANTS.keySet());
      }
      constants.put(CONSTANTS.get(key), value);
    });
    return CompartmentTable.read(folder.resolve(cell.table()),
        new CompartmentTable.Options(constants, cell.only(), cell.pas()));
  }

  private static CompiledCell fromSections(Case c) {
    var cell = CellModel.builder(c.name());
    for (Case.Section s : c.cell().sections()) {
      cell.cylinder(s.name(), s.length(), s.diam()).nseg(s.name(), NsegRule.fixed(s.nseg())).Ra(s.name(), s.ra())
          .cm(s.name(), s.cm());
      s.mechanisms().forEach((mechanism, parameters) -> cell.insert(s.name(), mechanism, parameters));
    }
    return cell.build().compile();
  }

  private static List<SlotSpec> listed(List<Case.Point> points) {
    var slots = new ArrayList<SlotSpec>();
    for (Case.Point p : points) {
      if (p.slot() == null || p.slot() != slots.size()) {
        throw new InputException(Case.FILE, "slots", "slot " + p.slot() + " where " + slots.size() + " is due", null);
      }
      slots.add(slot(slots.size(), p.at(), p, p.weight()));
    }
    return slots;
  }

  // Rows are `synapse_id, kind, section, x, node, weight_uS`; the kind picks the kinetics.
  private static List<SlotSpec> tabled(Path folder, Case.SlotFile spec) {
    Table table = Table.read(folder.resolve(spec.file()));
    Map<String, Case.Point> kinds = new LinkedHashMap<>();
    kinds.put("exc", spec.exc());
    kinds.put("inh", spec.inh());
    double[] id = table.column("synapse_id");
    double[] x = table.column("x");
    double[] weight = table.column("weight_uS");
    var slots = new ArrayList<SlotSpec>();
    for (int i = 0; i < id.length; i++) {
      var row = table.rows().get(i);
      Case.Point kind = kinds.get(row.get("kind"));
      if (id[i] != i || kind == null) {
        throw InputException.at(table.file(), i + 2, "synapse " + row.get("synapse_id") + " of kind '" + row.get("kind")
            + "' where synapse " + i + " of a known kind is due", "Known: " + kinds.keySet());
      }
      slots.add(slot(i, new Location(row.get("section"), x[i]), kind, weight[i]));
    }
    return slots;
  }

  private static SlotSpec slot(int index, Location at, Case.Point kinetics, Double weight) {
    if (weight == null) {
      throw new InputException(Case.FILE, "slots", "slot " + index + " has no weight_uS", null);
    }
    return new SlotSpec("synapse" + index, at, kinetics.type(), parameters(kinetics), weight);
  }

  /** Keys such as {@code tau1_ms}: parameter and unit. {@code ampa_tau_ms: [rise, decay]} names two parameters. */
  private static Map<String, Double> parameters(Case.Point point) {
    Mechanism mechanism = Catalogue.builtIn().require(point.type(), Case.FILE, null);
    var values = new LinkedHashMap<String, Double>();
    if (point.parameters() != null) {
      point.parameters().forEach((key, value) -> {
        if (value.isArray() && key.endsWith("_tau_ms") && value.size() == 2) {
          String conductance = key.substring(0, key.length() - "_tau_ms".length());
          put(values, mechanism, "tau1_" + conductance + "_ms", value.get(0));
          put(values, mechanism, "tau2_" + conductance + "_ms", value.get(1));
        } else {
          put(values, mechanism, key.replace("delay_", "del_"), value);
        }
      });
    }
    return values;
  }

  private static void put(Map<String, Double> values, Mechanism mechanism, String key, JsonNode value) {
    for (Parameter p : mechanism.parameters()) {
      if (key.equals(p.unit().isEmpty() ? p.name() : p.name() + "_" + p.unit()) && value.isNumber()) {
        values.put(p.name(), value.doubleValue());
        return;
      }
    }
    throw InputException.unknown(Case.FILE, mechanism.name(), "parameter with unit", key,
        mechanism.parameters().stream().map(p -> p.name() + "_" + p.unit()).toList());
  }
}
