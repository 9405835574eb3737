package io.galvani.cell;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.Location;
import io.galvani.SharedData;
import io.galvani.cell.CompiledCell.NodeKind;
import io.galvani.cell.CompiledCell.Nodes;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.cell.Distribution.Distance;
import io.galvani.morphology.Morphology;
import io.galvani.morphology.Section;
import io.galvani.morphology.Shape;
import io.galvani.morphology.Swc;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trees, areas, axial resistances and densities against those that NEURON 8.2.2 holds. */
class NeuronTreeTest {
  @TempDir Path folder;

  @ParameterizedTest(name = "{0} of Olah et al. 2022 from its reconstruction")
  @CsvSource({
    // cell, Ra soma, Ra, cm dend and apic, nodes
    "L2_3, 59.6842, 288.289293394, 1.7084475020096745, 1329",
    "L4, 100, 100, 2, 519",
    "L6, 216.579927866, 216.579927866, 3.0584244097937123, 609"
  })
  void paperCells(String cell, double RaSoma, double Ra, double cm, int count) throws IOException {
    var data = SharedData.path("reference", "paper_cells", cell);
    var model = CellModel.builder(cell).morphology(Swc.read(sixDigits(data.resolve("reconstruction.swc"))))
        .Ra("all", Ra).Ra("soma", RaSoma).cm("dend", cm).cm("apic", cm).nseg("all", NsegRule.dLambda(0.1, 100)).build();
    var n = model.compile().nodes();

    var rows = SharedData.rows(data.resolve("nodes.csv.gz"));
    assertEquals(count, rows.size());
    assertEquals(count, n.count());
    var node = new HashMap<String, Integer>(); // the table has its sections in another order
    for (int i = 0; i < count; i++) {
      node.put(place(n.section()[i], n.x()[i]), i);
    }
    double areaError = 0;
    double riError = 0;
    for (var row : rows) {
      String where = place(row.get("section"), Double.parseDouble(row.get("x")));
      assertTrue(node.containsKey(where), where);
      int i = node.get(where);
      assertEquals(row.get("zero_area").equals("1"), n.kind()[i] != NodeKind.SEG, where);
      int parent = Integer.parseInt(row.get("parent"));
      if (parent < 0) {
        assertEquals(-1, n.parent()[i], where);
        continue;
      }
      var up = rows.get(parent);
      assertEquals(node.get(place(up.get("section"), Double.parseDouble(up.get("x")))), n.parent()[i], where);
      areaError = Math.max(areaError, relative(Double.parseDouble(row.get("area_um2")), n.area()[i]));
      riError = Math.max(riError, relative(Double.parseDouble(row.get("ri_to_parent_MOhm")), n.ri()[i]));
    }
    System.out.printf("%s: largest relative error of area %.1e, of ri %.1e%n", cell, areaError, riError);
    assertTrue(areaError < 1e-12, "area " + areaError);
    assertTrue(riError < 1e-12, "ri " + riError);
  }

  // the paper's tables leave out the number of a section that is alone of its kind
  private static String place(String section, double x) {
    return (section.contains("[") ? section : section + "[0]") + "(" + (float) x + ")";
  }

  /** The tables were made with points that had passed through text of six digits (of float32, diameters, soma ends). */
  private Path sixDigits(Path swc) throws IOException {
    var lines = new ArrayList<String>();
    for (String line : Files.readAllLines(swc)) {
      String[] w = line.strip().split("\\s+");
      if (line.startsWith("#") || w.length < 7) {
        continue;
      }
      float x = Float.parseFloat(w[2]);
      String diam = sixDigits(2 * Float.parseFloat(w[5]));
      String rest = " " + sixDigits(Float.parseFloat(w[3])) + " " + sixDigits(Float.parseFloat(w[4])) + " "
          + new BigDecimal(diam).divide(BigDecimal.TWO) + " ";
      if (w[6].equals("-1")) { // the sphere as NEURON's three points; neurites hang on the middle one
        float r = Float.parseFloat(w[5]);
        lines.add("0 1 " + sixDigits(x - (double) r) + rest + "-1");
        lines.add("1 1 " + sixDigits(x) + rest + "0");
        lines.add("2 1 " + sixDigits(x + (double) r) + rest + "1");
      } else {
        lines.add((Integer.parseInt(w[0]) + 1) + " " + w[1] + " " + sixDigits(x) + rest
            + (w[6].equals("1") ? 1 : Integer.parseInt(w[6]) + 1));
      }
    }
    return Files.write(folder.resolve("six-digits.swc"), lines);
  }

  private static String sixDigits(double v) {
    return new BigDecimal(v).round(new MathContext(6)).toPlainString();
  }

  @Test
  void hayCellFromItsPoints() throws IOException {
    var table = CompartmentTable.read(SharedData.path("reference", "hay_cell1", "nodes.csv.gz"), CompartmentTable.Options.NONE);
    var model = CellModel.builder("cell1").morphology(hay()).nseg("all", NsegRule.every(40)).Ra("all", 100).cm("dend", 2)
        .cm("apic", 2).build();

    var nodes = model.compile().nodes();
    assertSameTree(table.nodes(), nodes);
    double worst = 0;
    for (int i = 0; i < nodes.count(); i++) {
      worst = Math.max(worst, relative(table.nodes().area()[i], nodes.area()[i]));
      worst = Math.max(worst, relative(table.nodes().ri()[i], nodes.ri()[i]));
    }
    System.out.printf("cell1: largest relative error of area and ri %.1e%n", worst);
    assertTrue(worst < 1e-13, "area or ri: " + worst);
  }

  /** l5pc.yaml states Hay's membrane; on Hay's own morphology it must give NEURON's densities. */
  @Test
  void membraneOfL5pc() throws IOException {
    var swc = SharedData.path("reference", "hay_cell1", "cell1.swc");
    var withoutAxon = String.join("\n", Files.readAllLines(swc).stream().filter(l -> !l.matches("\\d+ 2 .*")).toList());
    var table = CompartmentTable.read(SharedData.path("reference", "hay_cell1", "nodes.csv.gz"),
        CompartmentTable.Options.NONE.constant("ena", 50).constant("ek", -85));
    CompiledCell cell;
    try (var yaml = new InputStreamReader(Cells.class.getResourceAsStream("/io/galvani/cells/l5pc.yaml"))) {
      cell = CellFile.read("l5pc.yaml", "l5pc", yaml,
          name -> new ByteArrayInputStream(withoutAxon.getBytes(StandardCharsets.UTF_8))).compile();
    }

    assertSameTree(table.nodes(), cell.nodes()); // areas differ: the SWC has lost the daughters' own first diameters
    assertEquals(table.membrane().size(), cell.membrane().size());
    for (int m = 0; m < table.membrane().size(); m++) {
      Placement expected = table.membrane().get(m);
      Placement actual = cell.membrane().get(m);
      String name = expected.mechanism().name();
      assertEquals(name, actual.mechanism().name());
      assertArrayEquals(expected.node(), actual.node(), name);
      for (int p = 0; p < expected.values().length; p++) {
        // the table's distributions were rounded to 10 decimals
        assertArrayEquals(expected.values()[p], actual.values()[p], 0.5000001e-10, name + " parameter " + p);
      }
    }
    long hot = Arrays.stream(cell.membrane().stream().filter(p -> p.mechanism().name().equals("Ca_HVA")).findFirst()
        .orElseThrow().values()[0]).filter(g -> g == 5.55e-4).count();
    assertEquals(29, hot);
  }

  /** Sections without points, children inside a section of many segments, ramps over x and over distance. */
  @Test
  void layer5CellOfThePaper() throws IOException {
    var sections = SharedData.rows(SharedData.path("reference", "paper_cells", "L5", "sections.csv"));
    var morphology = morphology(sections, SharedData.path("reference", "paper_cells", "L5", "points3d.csv.gz"), 1.3);
    var builder = CellModel.builder("L5").morphology(morphology).Ra("all", 80);
    sections.forEach(s -> builder.nseg(s.get("section"), NsegRule.fixed(Integer.parseInt(s.get("nseg")))));
    var nodes = builder.build().compile().nodes();
    var path = new PathLength(morphology.sections(), new Location("soma", 0));

    var rows = SharedData.rows(SharedData.path("reference", "paper_cells", "L5", "nodes.csv.gz"));
    assertEquals(rows.size(), nodes.count());
    var d = Distance.from(new Location("soma", 0));
    Distribution na = new Distribution.Ramp(new double[] {0, 100}, new double[] {1.5 * 500, 1.5 * 20}, d);
    Distribution kv = new Distribution.Exponential(1.5, 3, 97, -1 / 80.0, d);
    Distribution ih = new Distribution.Exponential(1.5, -0.0002, 0.0002, 0.003087, d);
    Distribution ais = new Distribution.Ramp(new double[] {0, 0.2, 0.4, 0.4}, new double[] {500, 5000, 0, 1000},
        Distance.RELATIVE);
    double worst = 0;
    for (int i = 0; i < rows.size(); i++) {
      var row = rows.get(i);
      String where = row.get("section") + "(" + row.get("x") + ")";
      assertEquals(row.get("section"), nodes.section()[i], where);
      assertEquals(Integer.parseInt(row.get("parent")), nodes.parent()[i], where);
      worst = Math.max(worst, relative(Double.parseDouble(row.get("area_um2")), nodes.area()[i]));
      worst = i == 0 ? 0 : Math.max(worst, relative(Double.parseDouble(row.get("ri_to_parent_MOhm")), nodes.ri()[i]));
      double distance = path.at(nodes.section()[i], nodes.x()[i]);
      assertEquals(Double.parseDouble(row.get("distance_from_soma0_um")), distance, 1e-9, where);
      if (nodes.kind()[i] == NodeKind.SEG && row.get("section").startsWith("dend")) {
        assertEquals(Double.parseDouble(row.get("gbar_na")), na.at(distance), 1e-9, where);
        assertEquals(Double.parseDouble(row.get("gbar_Kv")), kv.at(distance), 1e-9, where);
        assertEquals(Double.parseDouble(row.get("gbar_ih")), ih.at(distance), 1e-12, where);
      } else if (nodes.kind()[i] == NodeKind.SEG && row.get("section").equals("axon[0]")) {
        assertEquals(Double.parseDouble(row.get("gbar_na")), ais.at(nodes.x()[i]), 1e-9, where);
      }
    }
    System.out.printf("L5: largest relative error of area and ri %.1e%n", worst);
    assertTrue(worst < 1e-12, "area or ri: " + worst);
  }

  private static Morphology hay() throws IOException {
    return morphology(SharedData.rows(SharedData.path("reference", "hay_cell1", "sections.csv")),
        SharedData.path("reference", "hay_cell1", "pt3d.csv.gz"), 1);
  }

  /** Sections as NEURON holds them; those without points are cylinders of one diameter. */
  private static Morphology morphology(List<Map<String, String>> rows, Path pointFile, double diam) throws IOException {
    var points = new HashMap<String, List<float[]>>();
    for (var p : SharedData.rows(pointFile)) {
      points.computeIfAbsent(p.get("section"), k -> new ArrayList<>()).add(new float[] {Float.parseFloat(p.get("x_um")),
          Float.parseFloat(p.get("y_um")), Float.parseFloat(p.get("z_um")), Float.parseFloat(p.get("diam_um"))});
    }
    var sections = new ArrayList<Section>();
    for (var s : rows) {
      String parent = s.getOrDefault("parent_section", s.get("parent"));
      var p = points.get(s.get("section"));
      sections.add(new Section(s.get("section"),
          parent.isEmpty() ? null : new Location(parent, Double.parseDouble(s.get("parent_x"))),
          p == null ? new Shape.Cylinder(Double.parseDouble(s.get("L_um")), diam)
              : new Shape.Points(column(p, 0), column(p, 1), column(p, 2), column(p, 3))));
    }
    return new Morphology(sections);
  }

  private static float[] column(List<float[]> points, int c) {
    float[] column = new float[points.size()];
    for (int i = 0; i < column.length; i++) {
      column[i] = points.get(i)[c];
    }
    return column;
  }

  private static void assertSameTree(Nodes expected, Nodes actual) {
    assertArrayEquals(expected.section(), actual.section());
    assertArrayEquals(expected.kind(), actual.kind());
    assertArrayEquals(expected.parent(), actual.parent());
    assertArrayEquals(expected.cm(), actual.cm());
    assertArrayEquals(expected.x(), actual.x(), 1e-15);
  }

  private static double relative(double expected, double actual) {
    return expected == actual ? 0 : Math.abs(actual - expected) / Math.abs(expected);
  }
}
