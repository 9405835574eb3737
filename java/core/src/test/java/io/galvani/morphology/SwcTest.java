package io.galvani.morphology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SwcTest {
  private static final String SOMA = "1 1 0 0 0 5 -1\n";

  // ---- the zoo: files that are refused ----

  static List<Arguments> zoo() {
    return List.of(
        refused("empty file", "", "zoo.swc: holds no points"),
        refused("comments alone", "# nothing\n\n", "holds no points"),
        refused("too few columns", SOMA + "2 3 1 0 0 1\n", "zoo.swc:2: 6 columns instead of 7"),
        refused("one word", "soma\n", "zoo.swc:1: 1 column instead of 7"),
        refused("commas", "1,1,0,0,0,5,-1\n", "zoo.swc:1: 1 column"),
        refused("id with a fraction", "1.5 1 0 0 0 5 -1\n", "zoo.swc:1: id '1.5' is not a whole number"),
        refused("negative id", "-3 1 0 0 0 5 -1\n", "zoo.swc:1: id '-3'"),
        refused("id beyond 32 bits", "99999999999 1 0 0 0 5 -1\n", "zoo.swc:1: id '99999999999'"),
        refused("type with a fraction", "1 1.0 0 0 0 5 -1\n", "zoo.swc:1: type '1.0'"),
        refused("negative type", SOMA + "2 -1 1 0 0 1 1\n", "zoo.swc:2: type '-1'"),
        refused("parent with a fraction", SOMA + "2 3 1 0 0 1 1.0\n", "zoo.swc:2: parent '1.0'"),
        refused("parent −2", SOMA + "2 3 1 0 0 1 -2\n", "zoo.swc:2: parent '-2'"),
        refused("NaN", SOMA + "2 3 NaN 0 0 1 1\n", "zoo.swc:2: x 'NaN' is not a number of at most 1e7 µm"),
        refused("infinity", SOMA + "2 3 0 Infinity 0 1 1\n", "zoo.swc:2: y 'Infinity'"),
        refused("too large for float32", SOMA + "2 3 0 0 1e39 1 1\n", "zoo.swc:2: z '1e39'"),
        refused("larger than any animal", SOMA + "2 3 0 -2e7 0 1 1\n", "zoo.swc:2: y '-2e7'"),
        refused("a word for a number", SOMA + "2 3 0 0 left 1 1\n", "zoo.swc:2: z 'left'"),
        refused("zero radius", SOMA + "2 3 1 0 0 0 1\n", "zoo.swc:2: radius 0.0 µm is not above 0"),
        refused("negative radius", SOMA + "2 3 1 0 0 -1 1\n", "zoo.swc:2: radius -1.0"),
        refused("NaN radius", SOMA + "2 3 1 0 0 nan 1\n", "zoo.swc:2: radius 'nan'"),
        refused("the same id twice", SOMA + "2 3 9 0 0 1 1\n2 3 8 0 0 1 1\n", "zoo.swc:3: id 2 was used in line 2"),
        refused("two roots", SOMA + "2 3 9 0 0 1 1\n3 1 99 0 0 5 -1\n", "zoo.swc:3: a second root"),
        refused("no root", "1 1 0 0 0 5 2\n2 1 1 0 0 5 1\n", "no point is the root"),
        refused("missing parent", SOMA + "2 3 9 0 0 1 7\n", "zoo.swc:2: parent 7 does not exist"),
        refused("its own parent", SOMA + "2 3 9 0 0 1 2\n", "zoo.swc:2: point 2 is its own ancestor"),
        refused("a cycle aside", SOMA + "2 3 9 0 0 1 3\n3 3 8 0 0 1 2\n", "is its own ancestor"),
        refused("a neurite without soma", "1 3 0 0 0 1 -1\n2 3 9 0 0 1 1\n", "zoo.swc:1: a neurite without a soma"),
        refused("a root that is not the soma", "1 2 0 0 0 1 -1\n2 1 9 0 0 5 1\n", "zoo.swc:1: the root is of type 2"),
        refused("soma on a neurite", SOMA + "2 3 9 0 0 1 1\n3 1 19 0 0 5 2\n", "zoo.swc:3: a soma point on a neurite"),
        refused("binary", "\0\1\2\3ELF", "zoo.swc:1: this is not text"),
        refused("a line without end", "1".repeat(20_000), "zoo.swc:1: this is not text"),
        refused("binary after a good line", SOMA + "\u007fELF\u0002\u0001 xyz \u00e9\n", "zoo.swc:2:"));
  }

  private static Arguments refused(String name, String text, String message) {
    return Arguments.of(name, text, message);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("zoo")
  void refuses(String name, String text, String message) {
    var e = assertThrows(InputException.class, () -> read(text));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void refusesAFileThatIsNotThere() {
    assertThrows(InputException.class, () -> Swc.read(Path.of("no-such-file.swc")));
  }

  @Test
  void randomBytesAreRefusedOrRead() {
    var random = new Random(1);
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      assertThrows(InputException.class, () -> Swc.read("zoo.swc", new ByteArrayInputStream(bytes)));
    }
  }

  // ---- conventions of NEURON's Import3d ----

  @Test
  void onePointSoma() throws IOException {
    var m = read("1 1 10 20 30 5 -1\n2 3 10 26 30 1 1\n3 3 10 36 30 0.5 2\n");
    assertSection(m, 0, "soma[0]", null, "5,20,30,10 10,20,30,10 15,20,30,10");
    // begins with its own first point: no stub from the centre of the soma
    assertSection(m, 1, "dend[0]", "soma[0](0.5)", "10,26,30,2 10,36,30,1");
  }

  @Test
  void neuriteOfOnePointReachesToTheSoma() throws IOException {
    var m = read("1 1 0 0 0 5 -1\n2 3 0 8 0 1 1\n");
    assertSection(m, 1, "dend[0]", "soma[0](0.5)", "0,0,0,2 0,8,0,2");
  }

  @Test
  void threePointSomaOfNeuroMorpho() throws IOException {
    var m = read("1 1 0 0 0 5 -1\n2 1 0 5 0 5 1\n3 1 0 -5 0 5 1\n4 3 6 0 0 1 1\n5 3 9 0 0 1 4\n");
    assertEquals(2, m.sections().size());
    assertSection(m, 0, "soma[0]", null, "-5,0,0,10 0,0,0,10 5,0,0,10");
    assertSection(m, 1, "dend[0]", "soma[0](0.5)", "6,0,0,2 9,0,0,2");
  }

  @Test
  void threePointsThatAreNoSphereStaySections() throws IOException {
    var m = read("1 1 0 0 0 5 -1\n2 1 0 9 0 5 1\n3 1 0 -9 0 5 1\n");
    assertSection(m, 0, "soma[0]", null, "0,0,0,10 0,9,0,10");
    assertSection(m, 1, "soma[1]", "soma[0](0)", "0,0,0,10 0,-9,0,10");
  }

  @Test
  void chainSomaIsTheCableAsDigitised() throws IOException {
    var m = read("""
        1 1 0 0 0 4 -1
        2 1 0 5 0 5 1
        3 1 0 10 0 4 2
        4 3 7 5 0 1 2
        5 3 9 5 0 1 4
        6 4 0 15 0 2 3
        7 4 0 25 0 2 6
        8 2 0 -6 0 0.5 1
        9 2 0 -9 0 0.5 8
        """);
    assertSection(m, 0, "soma[0]", null, "0,0,0,8 0,5,0,10 0,10,0,8");
    assertSection(m, 1, "dend[0]", "soma[0](0.5)", "7,5,0,2 9,5,0,2");
    assertSection(m, 2, "apic[0]", "soma[0](1)", "0,10,0,4 0,15,0,4 0,25,0,4");
    assertSection(m, 3, "axon[0]", "soma[0](0)", "0,0,0,1 0,-6,0,1 0,-9,0,1");
  }

  @Test
  void outlineBecomesASphereOfItsMeanRadius() throws IOException {
    var text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      double a = Math.PI / 4 * i;
      text.append(i + 1).append(" 1 ").append(3 + 6 * Math.cos(a)).append(' ').append(4 + 6 * Math.sin(a)).append(" 7 0.1 ")
          .append(i == 0 ? -1 : i).append('\n');
    }
    var m = read(text + "9 3 3 12 7 1 3\n10 3 3 20 7 1 9\n");
    assertEquals(2, m.sections().size());
    var soma = (Shape.Points) m.sections().getFirst().shape();
    assertEquals(12, soma.length(), 1e-5);
    assertArrayEquals(new float[] {-3, 3, 9}, soma.x(), 1e-5f);
    assertArrayEquals(new float[] {12, 12, 12}, soma.diam(), 1e-5f);
    assertSection(m, 1, "dend[0]", "soma[0](0.5)", "3,12,7,2 3,20,7,2");
  }

  @Test
  void childrenBeginWithTheBranchPoint() throws IOException {
    var m = read(SOMA + "2 3 6 0 0 1 1\n3 3 9 0 0 1 2\n4 3 12 0 0 0.5 3\n5 3 9 3 0 0.5 3\n");
    assertSection(m, 1, "dend[0]", "soma[0](0.5)", "6,0,0,2 9,0,0,2");
    assertSection(m, 2, "dend[1]", "dend[0](1)", "9,0,0,2 12,0,0,1");
    assertSection(m, 3, "dend[2]", "dend[0](1)", "9,0,0,2 9,3,0,1");
  }

  @Test
  void branchAtTheFirstPointOfANeuriteAttachesToItsZeroEnd() throws IOException {
    var m = read(SOMA + "2 3 6 0 0 1 1\n3 3 9 0 0 1 2\n4 3 6 4 0 0.5 2\n5 3 6 9 0 0.5 4\n");
    assertSection(m, 1, "dend[0]", "soma[0](0.5)", "6,0,0,2 9,0,0,2");
    assertSection(m, 2, "dend[1]", "dend[0](0)", "6,0,0,2 6,4,0,1 6,9,0,1");
  }

  @Test
  void typeChangesCutAndTypesName() throws IOException {
    var m = read(SOMA + "2 2 6 0 0 1 1\n3 2 9 0 0 1 2\n4 5 12 0 0 1 3\n5 0 15 0 0 1 4\n");
    assertEquals(List.of("soma[0]", "axon[0]", "dend_5[0]", "dend_0[0]"),
        m.sections().stream().map(Section::name).toList());
    assertEquals(List.of("soma", "axon", "dend_5", "dend_0"), List.copyOf(m.lists().keySet()));
    assertSection(m, 2, "dend_5[0]", "axon[0](1)", "9,0,0,2 12,0,0,2");
  }

  @Test
  void orderOfLinesAndIdsDoesNotMatter() throws IOException {
    var sorted = read(SOMA + "2 3 6 0 0 1 1\n3 3 9 0 0 1 2\n4 3 12 0 0 0.5 3\n5 4 0 9 0 0.5 1\n6 4 0 15 0 0.5 5\n");
    var lines = read("3 3 9 0 0 1 2\n6 4 0 15 0 0.5 5\n5 4 0 9 0 0.5 1\n4 3 12 0 0 0.5 3\n2 3 6 0 0 1 1\n" + SOMA);
    var ids = read("60 1 0 0 0 5 -1\n50 3 6 0 0 1 60\n40 3 9 0 0 1 50\n30 3 12 0 0 0.5 40\n51 4 0 9 0 0.5 60\n10 4 0 15 0 0.5 51\n");
    assertEquals(describe(sorted), describe(lines));
    assertEquals(describe(sorted), describe(ids));
  }

  @Test
  void pointsOfABranchThatDoNotFollowEachOtherAreCutAsInNeuron() throws IOException {
    var m = read(SOMA + "2 3 6 0 0 1 1\n3 4 0 6 0 1 1\n4 3 9 0 0 1 2\n5 4 0 9 0 1 3\n");
    assertEquals(List.of("soma[0]", "dend[0]", "apic[0]", "dend[1]", "apic[1]"),
        m.sections().stream().map(Section::name).toList());
  }

  @Test
  void sectionsWithoutLengthAreDropped() throws IOException {
    var m = read(SOMA + "2 3 6 0 0 1 1\n3 3 9 0 0 1 2\n4 3 9 0 0 1 3\n5 3 9 9 0 1 3\n6 3 12 0 0 1 4\n7 3 12 5 0 1 4\n");
    assertEquals(List.of("dend[0](1)", "dend[0](1)", "dend[0](1)"),
        m.sections().stream().skip(2).map(s -> s.parent().toString()).toList());
    assertEquals(5, m.sections().size());
  }

  @Test
  void toleratesWhatIsHarmless() throws IOException {
    var m = read("\uFEFF# made by hand\r\n\r\n  1 1 0 0 0 5 -1 \r\n\t2 3 6 0 0 1 1 extra words\r\n3 3 1e1 0 0 .5 2");
    assertSection(m, 1, "dend[0]", "soma[0](0.5)", "6,0,0,2 10,0,0,1");
  }

  @Test
  void largeFilesTakeLinearTime() { // a million lines take 2 s; what grows with the square would take minutes here
    int n = 200_000;
    var text = new StringBuilder(40 * n).append(SOMA);
    for (int i = 2; i <= n; i++) {
      text.append(i).append(" 3 ").append(i * 0.25).append(" 123.456 -7.5 0.3125 ").append(i - (i % 1000 == 0 ? 500 : 1))
          .append('\n');
    }
    var m = assertTimeout(Duration.ofSeconds(20), () -> read(text.toString()));
    assertEquals(2 * (n / 1000) + 2, m.sections().size(), 2);
  }

  // ---- helpers ----

  private static Morphology read(String text) throws IOException {
    return Swc.read("zoo.swc", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String describe(Morphology m) {
    return String.join("\n", m.sections().stream().map(s -> s.name() + " " + s.parent() + " " + points(s)).toList());
  }

  private static String points(Section s) {
    var p = (Shape.Points) s.shape();
    var text = new StringBuilder();
    for (int i = 0; i < p.x().length; i++) {
      text.append(i == 0 ? "" : " ").append(number(p.x()[i])).append(',').append(number(p.y()[i])).append(',')
          .append(number(p.z()[i])).append(',').append(number(p.diam()[i]));
    }
    return text.toString();
  }

  private static String number(float v) {
    return v == (int) v ? Integer.toString((int) v) : Float.toString(v);
  }

  private static void assertSection(Morphology m, int i, String name, String parent, String points) {
    var s = m.sections().get(i);
    assertEquals(name, s.name());
    assertEquals(parent, s.parent() == null ? null : s.parent().toString());
    assertEquals(points, points(s));
  }
}
