package io.galvani.cell;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.SharedData;
import io.galvani.cell.CompartmentTable.Options;
import io.galvani.cell.CompiledCell.Placement;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CompartmentTableTest {
  private static final String HEAD = "node,kind,section,x,parent,area_um2,ri_MOhm,diam_um,cm_uF_cm2,e_pas_mV,g_pas,gIhbar_Ih,"
      + "gamma_CaDynamics_E2,decay_CaDynamics_E2\n";
  private static final String GOOD = HEAD
      + "0,root0,soma,0.0,-1,0.0,0.0,0,0,0,0,0,0,0\n"
      + "1,seg,soma,0.5,0,1256.6,0.03,20,1,-90,1e-4,2e-4,0.05,80\n"
      + "2,end1,soma,1.0,1,0.0,0.03,0,0,0,0,0,0,0\n"
      + "3,seg,dend[0],0.5,2,628.3,15.9,2,2,-90,1e-4,0,0,0\n"
      + "4,end1,dend[0],1.0,3,0,15.9,0,0,0,0,0,0,0\n";

  @TempDir Path folder;

  @Test
  void readsTreeAndMechanisms() throws IOException {
    var cell = CompartmentTable.read(write("nodes.csv", GOOD), Options.NONE.constant("ehcn", -40).constant("ena", 50));
    assertArrayEquals(new int[] {-1, 0, 1, 2, 3}, cell.nodes().parent());
    assertArrayEquals(new double[] {0, 1256.6, 0, 628.3, 0}, cell.nodes().area());
    assertArrayEquals(new double[] {0, 1, 0, 2, 0}, cell.nodes().cm());
    assertEquals(Map.of("soma", List.of("soma"), "dend", List.of("dend[0]"), "all", List.of("soma", "dend[0]")),
        cell.sectionLists());
    assertArrayEquals(new int[] {1, 3}, placement(cell, "pas").node());
    assertArrayEquals(new int[] {1}, placement(cell, "Ih").node(), "absent where its conductance is 0");
    assertArrayEquals(new int[] {1}, placement(cell, "CaDynamics_E2").node(), "absent where its decay is 0");
    assertArrayEquals(new double[] {-40}, placement(cell, "Ih").values()[1]);
    assertEquals(0.1, value(cell, "CaDynamics_E2", "depth"), "what the table does not say is the default");
    assertEquals(new Location("soma", 0.5), cell.sources().getFirst().at());
    var e = assertThrows(InputException.class, () -> cell.with("soma.Ra", 100));
    assertTrue(e.getMessage().contains("Ra is not known"), e.getMessage());
  }

  @Test
  void usesOnlyWhatIsAskedFor() throws IOException {
    var cell = CompartmentTable.read(write("nodes.csv", GOOD), Options.NONE.only("Ih"));
    assertEquals(List.of("Ih"), cell.membrane().stream().map(p -> p.mechanism().name()).toList());
  }

  @Test
  void addsALeakWhereTheTableHasNone() throws IOException {
    var bare = GOOD.lines().map(l -> String.join(",", Arrays.copyOf(l.split(","), 9))).toList();
    var cell = CompartmentTable.read(write("nodes.csv", String.join("\n", bare)), Options.NONE.pas(5e-5, -70));
    assertArrayEquals(new double[][] {{5e-5, 5e-5}, {-70, -70}}, placement(cell, "pas").values());
    var own = CompartmentTable.read(write("nodes.csv", GOOD), Options.NONE.pas(5e-5, -70));
    assertArrayEquals(new double[][] {{1e-4, 1e-4}, {-90, -90}}, placement(own, "pas").values());
  }

  @Test
  void readsGzip() throws IOException {
    assertEquals(5, CompartmentTable.read(writeGzip(GOOD), Options.NONE).nodes().count());
  }

  @Test
  void readsTheHayCell() {
    var cell = CompartmentTable.read(SharedData.path("reference", "hay_cell1", "nodes.csv.gz"),
        Options.NONE.constant("ena", 50).constant("ek", -85));
    assertEquals(839, cell.nodes().count());
    assertEquals(642, cell.nodes().segments());
    assertEquals(31192.169803982193, Arrays.stream(cell.nodes().area()).sum(), 1e-8);
    assertEquals(640, placement(cell, "Ih").node().length, "all but the axon");
    assertEquals(378, placement(cell, "CaDynamics_E2").node().length, "soma and apical tree");
    assertEquals(378, placement(cell, "Ca_HVA").node().length);
    assertEquals(1, placement(cell, "Nap_Et2").node().length);
    assertEquals(109, cell.sectionLists().get("apic").size());
    assertEquals(-85, value(cell, "Im", "ek"));
  }

  static List<Arguments> malformed() {
    return List.of(
        bad("empty", "", ":1: no column 'node'"),
        bad("header alone", HEAD, "holds no nodes"),
        bad("a missing column", GOOD.replace("ri_MOhm", "ri"), ":1: no column 'ri_MOhm'"),
        bad("an unknown column", GOOD.replace("gIhbar_Ih", "gIhbar_Ihh"), ":1: unknown column 'gIhbar_Ihh'. Did you mean 'gIhbar_Ih'?"),
        bad("a column twice", GOOD.replace("gIhbar_Ih", "g_pas"), ":1: column 'g_pas' says the same"),
        bad("a column twice under two names", GOOD.replace("gIhbar_Ih", "e_pas"), ":1: column 'e_pas' says the same"),
        bad("a column without name", GOOD.replace("gIhbar_Ih", ""), ":1: unknown column ''"),
        bad("too few columns", GOOD.replace("3,seg,dend[0],0.5,", "3,seg,dend[0],"), ":5: 13 columns instead of 14"),
        bad("too many columns", GOOD.replace("3,seg,", "3,seg,seg,"), ":5: 15 columns instead of 14"),
        bad("a cut line", GOOD.substring(0, GOOD.length() - 10), ":6: "),
        bad("NaN", GOOD.replace("1256.6", "NaN"), ":3: area_um2 'NaN' is not a finite number"),
        bad("infinity", GOOD.replace("15.9,2,2", "Infinity,2,2"), ":5: ri_MOhm 'Infinity'"),
        bad("an empty cell", GOOD.replace("1256.6", ""), ":3: area_um2 ''"),
        bad("a word", GOOD.replace("1256.6", "wide"), ":3: area_um2 'wide'"),
        bad("parent = own", GOOD.replace("0.5,2,628", "0.5,3,628"), ":5: parent 3 does not come before node 3"),
        bad("parent > own", GOOD.replace("0.5,2,628", "0.5,4,628"), ":5: parent 4 does not come before node 3"),
        bad("parent 1.5", GOOD.replace("0.5,2,628", "0.5,1.5,628"), ":5: parent '1.5' is no node"),
        bad("parent −2", GOOD.replace("0.5,2,628", "0.5,-2,628"), ":5: parent '-2' is no node"),
        bad("two roots", GOOD.replace("0.5,2,628", "0.5,-1,628"), ":5: a second root"),
        bad("a first node with a parent", GOOD.replace("0.0,-1,", "0.0,0,"), ":2: parent 0 does not come before node 0"),
        bad("rows out of order", GOOD.replace("\n3,seg", "\n4,seg"), ":5: node 4 in the place of node 3"),
        bad("an unknown kind", GOOD.replace("3,seg", "3,spine"), ":5: kind 'spine' is unknown"),
        bad("x beyond 1", GOOD.replace("dend[0],0.5", "dend[0],1.5"), ":5: x = 1.5 lies outside"),
        bad("x that does not ascend", GOOD.replace("4,end1,dend[0],1.0", "4,end1,dend[0],0.5"), ":6: x = 0.5 does not ascend"),
        bad("a section in two pieces", GOOD.replace("4,end1,dend[0],1.0", "4,end1,soma,1.0"), ":6: section soma is in two pieces"),
        bad("no section", GOOD.replace("3,seg,dend[0]", "3,seg,"), ":5: no section"),
        bad("negative area", GOOD.replace("1256.6", "-1256.6"), ":3: area = -1256.6"),
        bad("no area", GOOD.replace("1256.6", "0"), ":3: area = 0.0"),
        bad("an end with area", GOOD.replace("1.0,3,0,15", "1.0,3,1,15"), ":6: area = 1.0 µm² of a end1"),
        bad("negative ri", GOOD.replace("15.9,2,2", "-15.9,2,2"), ":5: ri = -15.9"),
        bad("no cm", GOOD.replace("15.9,2,2", "15.9,2,0"), ":5: cm = 0.0"),
        bad("negative conductance", GOOD.replace("2e-4", "-2e-4"), ":3: gIhbar = -2.0E-4 S/cm2 is out of range"),
        bad("negative decay", GOOD.replace("0.05,80", "0.05,-80"), ":3: decay = -80.0 ms"),
        bad("binary", "\0\1\2", "no column 'node'"));
  }

  private static Arguments bad(String name, String text, String message) {
    return Arguments.of(name, text, message);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  void refuses(String name, String text, String message) throws IOException {
    var file = write("bad.csv", text);
    var e = assertThrows(InputException.class, () -> CompartmentTable.read(file, Options.NONE));
    assertTrue(e.getMessage().contains("bad.csv" + (message.startsWith(":") ? message : ": " + message))
        || e.getMessage().contains(message) && !message.startsWith(":"), e.getMessage());
  }

  @Test
  void refusesACutOrFalseGzip() throws IOException {
    byte[] whole = Files.readAllBytes(writeGzip(GOOD));
    for (int length : new int[] {0, 5, whole.length / 2, whole.length - 3}) {
      var cut = Files.write(folder.resolve("cut.csv.gz"), Arrays.copyOf(whole, length));
      var e = assertThrows(InputException.class, () -> CompartmentTable.read(cut, Options.NONE));
      assertTrue(e.getMessage().contains("cut.csv.gz: cannot be read"), e.getMessage());
    }
    var plain = write("plain.csv.gz", GOOD);
    assertThrows(InputException.class, () -> CompartmentTable.read(plain, Options.NONE));
    assertThrows(InputException.class, () -> CompartmentTable.read(folder.resolve("missing.csv"), Options.NONE));
  }

  @Test
  void refusesFalseOptions() throws IOException {
    var file = write("nodes.csv", GOOD);
    for (Options options : List.of(Options.NONE.constant("enaa", 50), Options.NONE.constant("decay", 0),
        Options.NONE.only("Ihh"), Options.NONE.pas(-1, -70))) {
      assertThrows(InputException.class, () -> CompartmentTable.read(file, options), options.toString());
    }
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private Path writeGzip(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return Files.write(folder.resolve("nodes.csv.gz"), bytes.toByteArray());
  }

  private static Placement placement(CompiledCell cell, String mechanism) {
    return cell.membrane().stream().filter(p -> p.mechanism().name().equals(mechanism)).findFirst().orElseThrow();
  }

  private static double value(CompiledCell cell, String mechanism, String parameter) {
    var p = placement(cell, mechanism);
    return p.values()[p.mechanism().indexOf(parameter)][0];
  }
}
