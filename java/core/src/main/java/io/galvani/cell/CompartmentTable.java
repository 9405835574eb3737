package io.galvani.cell;

import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.Population.Source;
import io.galvani.cell.CompiledCell.Defaults;
import io.galvani.cell.CompiledCell.NodeKind;
import io.galvani.cell.CompiledCell.Nodes;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import io.galvani.mechanism.Parameter;
import io.galvani.morphology.Section;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;

/**
 * Reads a compartment table: one row a node of NEURON's tree, parents first, as CSV, gzipped or not.
 *
 * <p>Columns {@code node}, {@code kind} (root0, seg, end1), {@code section}, {@code x}, {@code parent} (−1 for the root),
 * {@code area_um2}, {@code ri_MOhm} (to the parent), {@code cm_uF_cm2}, and for mechanisms {@code <parameter>_<mechanism>},
 * with or without the unit after it ({@code g_pas}, {@code e_pas_mV}, {@code gIhbar_Ih}). A channel is absent from nodes where its
 * conductance columns are 0, a pool where its time constant is 0. Columns {@code diam_um}, {@code L_seg_um} and
 * {@code dist_from_…} inform the reader only.
 */
public final class CompartmentTable {
  /**
   * What a table does not say.
   *
   * @param constants values by parameter, for each mechanism that has it and no column for it ({@code ena}, {@code ek},
   *     {@code ehcn}, {@code cao}, {@code cai0}, {@code depth}, {@code minCai} …)
   * @param only mechanisms to use; all of the table if {@code null}
   * @param pas g (S/cm²) and e (mV) of a leak on all segments, where the table has none; {@code null}: none is added
   */
  public record Options(Map<String, Double> constants, Set<String> only, Map<String, Double> pas) {
    /** The table as it is. */
    public static final Options NONE = new Options(Map.of(), null, null);

    public Options {
      constants = Map.copyOf(constants);
      only = only == null ? null : Set.copyOf(only);
      pas = pas == null ? null : Map.copyOf(pas);
    }

    /** With a constant, in the parameter's unit. */
    public Options constant(String parameter, double value) {
      var all = new HashMap<>(constants);
      all.put(parameter, value);
      return new Options(all, only, pas);
    }

    /** With these mechanisms alone. */
    public Options only(String... mechanisms) {
      return new Options(constants, new LinkedHashSet<>(Arrays.asList(mechanisms)), pas);
    }

    /** With a leak of {@code g} S/cm² reversing at {@code e} mV on all segments. */
    public Options pas(double g, double e) {
      return new Options(constants, only, Map.of("g", g, "e", e));
    }
  }

  private static final List<String> REQUIRED =
      List.of("node", "kind", "section", "x", "parent", "area_um2", "ri_MOhm", "cm_uF_cm2");
  private static final Set<String> IGNORED =
      Set.of("diam_um", "L_seg_um", "dist_from_soma0_um", "dist_from_soma05_um", "dist_from_apic0_um");

  /** A column that holds a parameter. */
  private record Column(int index, Mechanism mechanism, Parameter parameter) {
    /** Whether zeros in it mean that the mechanism is absent. */
    boolean decidesPresence() {
      return parameter.unit().equals(mechanism.kind() == Mechanism.Kind.POOL ? "ms" : "S/cm2");
    }
  }

  /** One node; {@code values}: one a column. */
  private record Row(NodeKind kind, String section, double x, int parent, double area, double ri, double cm,
      double[] values) {}

  private final String source;
  private final Options options;
  private final CSVParser csv;
  private final List<Column> columns = new ArrayList<>();
  private final List<Row> rows = new ArrayList<>();
  private final Set<String> sections = new LinkedHashSet<>();

  private CompartmentTable(String source, CSVParser csv, Options options) {
    this.source = source;
    this.csv = csv;
    this.options = options;
  }

  /**
   * Reads a table; gzipped if its name ends in {@code .gz}.
   *
   * @throws InputException if it cannot be read or does not describe one tree; names the line
   */
  public static CompiledCell read(Path file, Options options) {
    String source = file.toString();
    try (var in = open(file);
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        var csv = CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true).setTrim(true)
            .setIgnoreEmptyLines(true).setAllowMissingColumnNames(true).setDuplicateHeaderMode(DuplicateHeaderMode.ALLOW_ALL)
            .get().parse(reader)) {
      String name = file.getFileName().toString().replaceFirst("\\.csv(\\.gz)?$", "");
      return new CompartmentTable(source, csv, options).read(name);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    } catch (UncheckedIOException e) {
      throw InputException.unreadable(file, e.getCause());
    }
  }

  private static InputStream open(Path file) throws IOException {
    var in = Files.newInputStream(file);
    try {
      return file.toString().endsWith(".gz") ? new GZIPInputStream(in, 1 << 16) : in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private CompiledCell read(String name) {
    readHeader();
    for (CSVRecord record : csv) {
      readRow(record);
    }
    if (rows.isEmpty()) {
      throw new InputException(source, null, "holds no nodes", null);
    }
    var nodes = nodes();
    var source = new Source(new Location(nodes.section()[0], 0.5), 0);
    return new CompiledCell(name, nodes, placements(nodes), List.of(), List.of(), new int[0][], List.of(source), lists(),
        Defaults.NEURON);
  }

  // ---- header ----

  private void readHeader() {
    var names = csv.getHeaderNames();
    for (String required : REQUIRED) {
      if (!names.contains(required)) {
        throw InputException.at(source, 1, "no column '" + required + "'",
            "A compartment table has the columns " + String.join(", ", REQUIRED));
      }
    }
    var taken = new HashSet<String>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      var column = REQUIRED.contains(name) || IGNORED.contains(name) ? null : column(name, i);
      if (!taken.add(column == null ? name : column.mechanism.name() + "." + column.parameter.name())) {
        throw InputException.at(source, 1, "column '" + name + "' says the same as an earlier one", "Remove one");
      }
      if (column != null && (options.only == null || options.only.contains(column.mechanism.name()))) {
        columns.add(column);
      }
    }
    if (options.only != null) {
      options.only.forEach(m -> Catalogue.builtIn().require(m, source, "only"));
    }
    options.constants.forEach(this::checkConstant);
  }

  private Column column(String name, int index) {
    var known = new ArrayList<>(IGNORED);
    for (Mechanism m : Catalogue.builtIn().all()) {
      for (Parameter p : m.parameters()) {
        String plain = p.name() + "_" + m.name();
        if (!m.kind().isPoint() && (name.equals(plain) || name.equals(plain + "_" + p.unit().replace('/', '_')))) {
          return new Column(index, m, p);
        }
        known.add(plain);
      }
    }
    throw InputException.unknown(source, "1", "column", name, known);
  }

  private void checkConstant(String name, double value) {
    var known = new LinkedHashSet<String>();
    for (Mechanism m : Catalogue.builtIn().all()) {
      m.parameters().stream().map(Parameter::name).forEach(known::add);
      if (m.indexOf(name) >= 0) {
        m.parameters().get(m.indexOf(name)).check(value, source, "constants");
      }
    }
    if (!known.contains(name)) {
      throw InputException.unknown(source, "constants", "parameter", name, known);
    }
  }

  // ---- rows ----

  private void readRow(CSVRecord r) {
    int i = rows.size();
    long line = csv.getCurrentLineNumber();
    if (!r.isConsistent()) {
      throw fault(line, r.size() + " columns instead of " + csv.getHeaderNames().size(), "Is the file complete?");
    }
    if (i == CellModel.MAX_NODES) {
      throw fault(line, "more than " + CellModel.MAX_NODES + " nodes", null);
    }
    require(number(r, "node", line) == i, line, "node " + r.get("node") + " in the place of node " + i,
        "Number the rows from 0");
    NodeKind k = switch (r.get("kind")) {
      case "root0" -> NodeKind.ROOT0;
      case "seg" -> NodeKind.SEG;
      case "end1" -> NodeKind.END1;
      default -> throw fault(line, "kind '" + r.get("kind") + "' is unknown", "Kinds are root0, seg, end1");
    };
    double x = number(r, "x", line);
    double parent = number(r, "parent", line);
    double area = number(r, "area_um2", line);
    double ri = number(r, "ri_MOhm", line);
    double cm = number(r, "cm_uF_cm2", line);
    require(!r.get("section").isEmpty(), line, "no section", null);
    require(x >= 0 && x <= 1, line, "x = " + x + " lies outside 0…1", null);
    require(parent == Math.rint(parent) && parent >= -1, line, "parent '" + r.get("parent") + "' is no node", null);
    require(parent < i, line, "parent " + (long) parent + " does not come before node " + i, "Put parents first");
    require((parent == -1) == (i == 0), line, i == 0 ? "the first node has a parent" : "a second root (parent −1)",
        "A table holds one tree");
    require(i == 0 || ri > 0, line, "ri = " + ri + " MΩ is not above 0", null);
    require(k == NodeKind.SEG ? area > 0 : area == 0, line, "area = " + area + " µm² of a " + r.get("kind"),
        "A seg has an area above 0, a root0 or end1 has none");
    require(k != NodeKind.SEG || cm > 0, line, "cm = " + cm + " µF/cm² is not above 0", null);
    checkPlace(r.get("section"), x, line);
    double[] values = columns.stream().mapToDouble(c -> number(r, csv.getHeaderNames().get(c.index), line)).toArray();
    rows.add(new Row(k, r.get("section"), x, (int) parent, area, ri, cm, values));
    for (int c = 0; k == NodeKind.SEG && c < values.length; c++) {
      if (values[c] != 0 || !columns.get(c).decidesPresence()) {
        columns.get(c).parameter().check(values[c], source, Long.toString(line));
      }
    }
  }

  /** A section's nodes stand together, x ascending. */
  private void checkPlace(String section, double x, long line) {
    if (rows.isEmpty() || !rows.getLast().section.equals(section)) {
      require(sections.add(section), line, "section " + section + " is in two pieces", "Put its nodes together");
    } else {
      require(x > rows.getLast().x, line, "x = " + x + " does not ascend along " + section, null);
    }
  }

  private double number(CSVRecord r, String column, long line) {
    String text = r.get(column);
    try {
      double value = Double.parseDouble(text);
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw fault(line, column + " '" + text + "' is not a finite number", null);
  }

  private void require(boolean holds, long line, String fault, String remedy) {
    if (!holds) {
      throw fault(line, fault, remedy);
    }
  }

  private InputException fault(long line, String fault, String remedy) {
    return InputException.at(source, line, fault, remedy);
  }

  // ---- the cell ----

  private Nodes nodes() {
    double[] unknown = new double[rows.size()];
    Arrays.fill(unknown, Double.NaN);
    return new Nodes(rows.stream().map(Row::kind).toArray(NodeKind[]::new),
        rows.stream().map(Row::section).toArray(String[]::new), rows.stream().mapToDouble(Row::x).toArray(),
        rows.stream().mapToInt(Row::parent).toArray(), rows.stream().mapToDouble(Row::area).toArray(), unknown,
        rows.stream().mapToDouble(Row::ri).toArray(), rows.stream().mapToDouble(Row::cm).toArray(), unknown);
  }

  private List<Placement> placements(Nodes nodes) {
    var placements = new ArrayList<Placement>();
    for (Mechanism m : Catalogue.builtIn().all()) {
      var mine = IntStream.range(0, columns.size()).filter(c -> columns.get(c).mechanism == m).boxed().toList();
      var deciding = mine.stream().filter(c -> columns.get(c).decidesPresence()).toList();
      boolean added = m.name().equals("pas") && options.pas != null && deciding.isEmpty();
      int[] at = IntStream.range(0, rows.size())
          .filter(i -> nodes.kind()[i] == NodeKind.SEG
              && (added || deciding.stream().anyMatch(c -> rows.get(i).values[c] != 0)))
          .toArray();
      if (at.length > 0) {
        placements.add(place(m, at, mine));
      }
    }
    return List.copyOf(placements);
  }

  private Placement place(Mechanism m, int[] at, List<Integer> mine) {
    var constants = new HashMap<>(options.constants);
    if (m.name().equals("pas") && options.pas != null) {
      constants.putAll(options.pas);
    }
    double[][] values = new double[m.parameters().size()][at.length];
    for (int p = 0; p < values.length; p++) {
      var parameter = m.parameters().get(p);
      double constant = constants.getOrDefault(parameter.name(), parameter.value());
      parameter.check(constant, source, m.name());
      Arrays.fill(values[p], constant);
    }
    for (int c : mine) {
      for (int row = 0; row < at.length; row++) {
        values[m.indexOf(columns.get(c).parameter.name())][row] = rows.get(at[row]).values[c];
      }
    }
    return new Placement(m, at, values);
  }

  private Map<String, List<String>> lists() {
    var lists = new LinkedHashMap<String, List<String>>();
    sections.forEach(s -> lists.computeIfAbsent(Section.kind(s), k -> new ArrayList<>()).add(s));
    lists.put(CellModel.ALL, List.copyOf(sections));
    return lists;
  }
}
