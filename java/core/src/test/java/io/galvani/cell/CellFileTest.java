package io.galvani.cell;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CellFileTest {
  private static final String SWC = """
      1 1 0 0 0 10 -1
      2 3 12 0 0 1 1
      3 3 90 0 0 0.5 2
      4 4 0 12 0 2 1
      5 4 0 200 0 1 4
      6 4 0 400 0 0.5 5
      7 4 99 200 0 0.5 5
      8 2 0 -12 0 1 1
      9 2 0 -99 0 1 8
      """;

  private static final String GOOD = """
      v_init: -70
      morphology: cell.swc
      remove: axon
      sections:
        axon[0]: {L: 30, diam: 1, parent: soma(0.5)}
      lists:
        tuft: ["apic[1]", "apic[2]"]
      distances:
        trunk: {from: apic(0), at: last_at_end, normalised: true}
      regions:
        all:
          Ra: 100
          nseg: {every: 40}
          ek: -90
          mechanisms:
            pas: {g: 1.0e-5, e: -70}
        tuft:
          cm: 2
          mechanisms:
            Ih:
              gIhbar:
                over: trunk
                ramp: [[0, 0], [1, 2e-4]]
        soma:
          mechanisms:
            hh:
      slots:
        exc: {on: [dend, tuft], kind: ExpSyn, tau: 2, weight: 0.001}
        inh: {at: soma(0.5), kind: GABA, weight: 0.002}
      """;

  @TempDir Path folder;

  @Test
  void readsACell() {
    var cell = parse(GOOD).compile();
    assertEquals("cell", cell.name());
    assertEquals(-70, cell.defaults().vInit());
    assertEquals(6.3, cell.defaults().celsius());
    assertEquals(List.of("soma[0]", "dend[0]", "apic[0]", "apic[1]", "apic[2]", "axon[0]"), cell.sections());
    assertEquals(List.of("apic[1]", "apic[2]"), cell.sectionLists().get("tuft"));
    assertEquals(11, cell.nodes().nseg("apic[1]"));
    assertEquals(2, cell.nodes().cm()[cell.locate(io.galvani.Location.parse("apic[1](0.5)"))]);
    var ih = cell.membrane().stream().filter(p -> p.mechanism().name().equals("Ih")).findFirst().orElseThrow();
    assertEquals(2e-4, ih.values()[0][10], "the far end of apic[1]");
    assertEquals(2e-4 * (188 + 200 * 0.5 / 11) / 388, ih.values()[0][0], 1e-9);
    var hh = cell.membrane().stream().filter(p -> p.mechanism().name().equals("hh")).findFirst().orElseThrow();
    assertEquals(-90, hh.values()[hh.mechanism().indexOf("ek")][0]);
    assertEquals("inh", cell.slots().getLast().name());
    assertEquals(1 + cell.nodes().nseg("dend[0]") + 11 + cell.nodes().nseg("apic[2]"), cell.slots().size());
  }

  static List<Arguments> mistakes() {
    return List.of(
        mistake("morphology: cell.swc", "morphologie: cell.swc", ":2: unknown key 'morphologie'. Did you mean 'morphology'?"),
        mistake("v_init: -70", "v_init: -70 mV", ":1: v_init: '-70 mV' is not a number in mV"),
        mistake("v_init: -70", "v_init: \"-70\"", ":1: v_init: '-70' is not a number"),
        mistake("v_init: -70", "v_init: .nan", ":1: v_init: '.nan' is not a number"),
        mistake("v_init: -70", "v_init: [1]", ":1: v_init is not a number"),
        mistake("v_init: -70", "v_init: -7000", ":1: v_init = -7000.0 mV is out of range"),
        mistake("v_init: -70", "dt: 0", ":1: dt = 0.0 ms is out of range"),
        mistake("v_init: -70", "v_init: 1e999", ":1: v_init = Infinity"),
        mistake("cell.swc", "cells.swc", ":2: cells.swc: cannot be read"),
        mistake("cell.swc", "[a]", ":2: 'morphology' is not a word"),
        mistake("remove: axon", "remove: axons", ":3: unknown region 'axons'. Did you mean 'axon'?"),
        mistake("L: 30, diam: 1", "L_um: 30, diam: 1", ":5: unknown key 'L_um'"),
        mistake("L: 30, diam: 1", "L: 30", ":5: 'diam' is missing"),
        mistake("L: 30", "L: -30", ":5: L = -30.0 µm is out of range"),
        mistake("soma(0.5)}", "soma(1.5)}", ":5: "),
        mistake("soma(0.5)}", "spma(0.5)}", ":5: unknown section 'spma'. Known: apic[0]"),
        mistake("axon[0]: {", "apic[0]: {", ":5: 'apic[0]' exists already"),
        mistake("tuft: [", "apic: [", ":7: 'apic' exists already"),
        mistake("\"apic[2]\"", "\"apic[7]\"", ":7: unknown region 'apic[7]'"),
        mistake("\"apic[2]\"", "apic[2]", ":7: is not YAML"),
        mistake("from: apic(0)", "from: apex(0)", ":9: unknown section 'apex'"),
        mistake("at: last_at_end", "at: lats_at_end", ":9: unknown place in a segment 'lats_at_end'. Did you mean 'last_at_end'?"),
        mistake("normalised: true", "normalised: yes", ":9: normalised: 'yes' is neither true nor false"),
        mistake("    Ra: 100", "    Ra: 100\n    Ra: 90", ":13: 'Ra' is here twice"),
        mistake("Ra: 100", "Ra: 1.0 ohm m", ":12: Ra: '1.0 ohm m' is not a number in ohm cm"),
        mistake("Ra: 100", "ra: 100", ":12: unknown key 'ra'. Did you mean 'Ra'?"),
        mistake("{every: 40}", "1.5", ":13: nseg = 1.5 is not a whole number"),
        mistake("{every: 40}", "{every: 40, f: 100}", ":13: unknown key 'f'"),
        mistake("{every: 40}", "{lambda: 0.1}", ":13: unknown key 'lambda'"),
        mistake("e: -70}", "E: -70}", ":16: unknown key 'E'"),
        mistake("g: 1.0e-5", "g: -1.0e-5", ":16: g = -1.0E-5 S/cm2 is out of range"),
        mistake("g: 1.0e-5", "g: 0.01 mS/cm2", ":16: g: '0.01 mS/cm2' is not a number in S/cm2"),
        mistake("  tuft:\n    cm", "  tufts:\n    cm", ":17: unknown region 'tufts'. Did you mean 'tuft'?"),
        mistake("cm: 2", "cm: 0", ":18: cm = 0.0 µF/cm² is out of range"),
        mistake("Ih:", "Ihh:", ":20: unknown mechanism 'Ihh'"),
        mistake("gIhbar:", "gIhbr:", ":21: unknown key 'gIhbr'. Did you mean 'gIhbar'?"),
        mistake("over: trunk", "over: trunks", ":22: unknown distance 'trunks'. Did you mean 'trunk'?"),
        mistake("ramp: [[0, 0], [1, 2e-4]]", "ramp: [[1, 0], [0, 2e-4]]", ":23: the distances of a ramp do not ascend"),
        mistake("ramp: [[0, 0], [1, 2e-4]]", "ramp: [[0, 0, 0]]", ":23: 'ramp' holds something that is not a pair"),
        mistake("ramp: [[0, 0], [1, 2e-4]]", "ramp: 5", ":23: 'ramp' is not a list of pairs"),
        mistake("ramp: [[0, 0], [1, 2e-4]]", "slope: 5", ":23: unknown key 'slope'"),
        mistake("ramp: [[0, 0], [1, 2e-4]]", "", ":22: not one of exponential, step, ramp"),
        mistake("[1, 2e-4]]", "[1, -2e-4]]", ":21 apic[1](0.045454547): gIhbar"),
        mistake("hh:", "ExpSyn:", ":26: ExpSyn is a synapse"),
        mistake("kind: GABA", "kind: GABAA", ":29: unknown mechanism 'GABAA'. Did you mean 'GABA'?"),
        mistake("kind: GABA, ", "", ":29: 'kind' is missing"),
        mistake("tau: 2,", "tau: 0,", ":28: tau = 0.0 ms is out of range"),
        mistake("tau: 2,", "tau1: 2,", ":28: unknown key 'tau1'. Did you mean 'tau'?"),
        mistake("weight: 0.002", "weight: 2 nS", ":29: weight: '2 nS' is not a number in uS"),
        mistake("weight: 0.002", "weight: -1", ":29: weight -1.0 is not 0 or more"),
        mistake("at: soma(0.5), kind", "kind", ":29: a slot needs either 'at' or 'on'"),
        mistake("at: soma(0.5), kind", "at: some(0.5), kind", ":29: unknown section 'some'"),
        mistake("  inh:", "  exc[0]:", ":29: a second slot named 'exc[0]'"),
        mistake("[dend, tuft]", "[dend, turf]", ":28: unknown region 'turf'. Did you mean 'tuft'?"),
        mistake("weight: 0.002}", "weight: 0.002}\nspikes: [{at: soma, treshold: 0}]", ":30: unknown key 'treshold'"),
        mistake("weight: 0.002}", "weight: 0.002}\nspikes: soma", ":30: 'spikes' is not a list"),
        mistake("v_init: -70", "v_init: !!java.net.URL [\"http://x\"]", ":1: is not YAML: Global tag is not allowed"),
        mistake("v_init: -70", "name: &a [*a]", "is not YAML: Number of aliases"),
        mistake("v_init: -70", "? [a]\n: b", ":1: a key that is not a word"),
        mistake("v_init: -70", "<<: {v_init: 1}", ":1: unknown key '<<'"),
        mistake("v_init: -70", "\tv_init: -70", ":1: is not YAML"),
        mistake("v_init: -70", "name: \"x\u0000\"", "is not YAML"),
        mistake("v_init: -70\n", "v_init: -70\n---\n", "is not YAML"));
  }

  private static Arguments mistake(String good, String bad, String message) {
    return Arguments.of(good, bad, message);
  }

  @ParameterizedTest(name = "{2}")
  @MethodSource("mistakes")
  void refuses(String good, String bad, String message) {
    assertTrue(GOOD.contains(good), "the case no longer fits: " + good);
    var e = assertThrows(InputException.class, () -> parse(GOOD.replace(good, bad)).compile());
    assertTrue(e.getMessage().startsWith("cell.yaml:") && e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void refusesWhatIsNoMapping() {
    for (String text : List.of("", "# nothing", "- a\n- b", "cell", "x".repeat(2_000_000), "a: " + "[".repeat(1000))) {
      assertThrows(InputException.class, () -> parse(text), () -> text.substring(0, Math.min(20, text.length())));
    }
    var e = assertThrows(InputException.class, () -> parse("name: nothing"));
    assertTrue(e.getMessage().contains("has no sections"), e.getMessage());
  }

  @Test
  void refusesAFaultInTheMorphology() {
    var e = assertThrows(InputException.class, () -> CellFile.read("cell.yaml", "cell", new StringReader(GOOD),
        name -> new ByteArrayInputStream("1 1 0 0 0 -1 -1".getBytes(StandardCharsets.UTF_8))));
    assertTrue(e.getMessage().startsWith("cell.swc:1: radius"), e.getMessage());
  }

  @Test
  void theExampleOfTheReadmeIsRead() throws IOException {
    String readme;
    try (var in = Cells.class.getResourceAsStream("/io/galvani/cells/README.md")) {
      readme = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    String yaml = readme.substring(readme.indexOf("```yaml") + 7, readme.lastIndexOf("```")).replace("apic[3]", "apic[1]")
        .replace("apic[4]", "apic[2]");
    var cell = parse(yaml).compile();
    assertEquals("example", cell.name());
    assertEquals(-20, cell.sources().getFirst().threshold());
  }

  // ---- shipped cells and files ----

  @Test
  void squidAxon() {
    var cell = Cells.load("hh");
    assertEquals(1000, cell.nodes().area()[1], 1e-9);
    assertEquals(3, cell.nodes().count());
    assertEquals(-65, cell.defaults().vInit());
    assertEquals("[hh]", cell.membrane().stream().map(p -> p.mechanism().name()).toList().toString());
  }

  @Test
  void ball() {
    var cell = Cells.load("ball");
    assertEquals(1963.4954084936207, cell.nodes().area()[1], 1e-9);
    assertEquals(List.of("exc", "inh"), cell.slots().stream().map(s -> s.name()).toList());
    assertEquals(0.0025, cell.slots().get(0).weight());
    assertArrayEquals(new double[][] {{2, 1}, {0, -90}}, cell.receptors().getFirst().values());
    assertEquals(0.001, cell.membrane().stream().filter(p -> p.mechanism().name().equals("pas")).findFirst().orElseThrow()
        .values()[0][0]);
  }

  @Test
  void layer5PyramidalCell() {
    var cell = Cells.load("l5pc");
    var hot = cell.membrane().stream().filter(p -> p.mechanism().name().equals("Ca_HVA")).findFirst().orElseThrow();
    assertTrue(Arrays.stream(hot.values()[0]).filter(g -> g == 5.55e-4).count() > 5, "no hot zone");
    assertEquals(List.of("soma[0]"), cell.sectionLists().get("soma"));
    assertEquals(List.of("axon[0]", "axon[1]"), cell.sectionLists().get("axon"));
    assertEquals(cell.nodes().segments() - 2, cell.slots().stream().filter(s -> s.name().startsWith("inh[")).count());
    assertEquals(cell.nodes().segments() - 3, cell.slots().stream().filter(s -> s.name().startsWith("exc[")).count());
    assertEquals(-80, cell.defaults().vInit());
  }

  @Test
  void loadsFiles() throws IOException {
    Files.writeString(folder.resolve("mine.yaml"), GOOD);
    Files.writeString(folder.resolve("cell.swc"), SWC);
    assertEquals("mine", Cells.load(folder.resolve("mine.yaml").toString()).name());
    var e = assertThrows(InputException.class, () -> Cells.load(folder.resolve("cell.swc").toString()));
    assertTrue(e.getMessage().contains("a morphology has no membrane"), e.getMessage());
    for (String name : List.of("l5", "missing.yaml", "missing.csv.gz", "", "a\0b")) {
      assertThrows(InputException.class, () -> Cells.load(name), name);
    }
    Files.writeString(folder.resolve("point.csv"),
        "node,kind,section,x,parent,area_um2,ri_MOhm,cm_uF_cm2\n0,seg,soma,0.5,-1,1000,0,1\n");
    assertEquals("point", Cells.load(folder.resolve("point.csv").toString()).name());
  }

  private static CellModel parse(String yaml) {
    return CellFile.read("cell.yaml", "cell", new StringReader(yaml), name -> {
      if (!name.equals("cell.swc")) {
        throw new IOException("not here");
      }
      return new ByteArrayInputStream(SWC.getBytes(StandardCharsets.UTF_8));
    });
  }
}
