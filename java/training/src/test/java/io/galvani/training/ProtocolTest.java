package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.cell.CellModel;
import io.galvani.cell.Cells;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProtocolTest {
  @ParameterizedTest
  @ValueSource(strings = {"ball", "l5pc"})
  void thoseThatComeWithGalvaniFitTheirCells(String name) {
    var p = Protocol.load(name);
    var cell = p.compile();
    assertEquals(name, cell.name());
    assertEquals(p.sites(cell).size(), p.sites(cell).stream().map(Protocol.Site::name).distinct().count());
    assertEquals(p.sites(cell).size(), p.sites(cell).stream().map(s -> s.slot().index()).distinct().count());
    assertEquals(p.sites(cell), p.sites(cell));
    assertTrue(p.runs().values().stream().mapToLong(Protocol.Runs::seed).distinct().count() == 4);
  }

  @Test
  void sitesLieWhereTheyAreAskedFor() {
    var p = Protocol.load("l5pc");
    var cell = Cells.load("l5pc");
    var sites = p.sites(cell);
    assertEquals(200, sites.size());
    assertEquals(100, sites.stream().filter(s -> s.name().startsWith("apical_exc[") && s.slot().at().section().startsWith("apic[")
        && s.slot().kind().equals("AmpaNmda")).count());
    assertEquals(20, sites.stream().filter(s -> s.name().startsWith("basal_inh[") && s.slot().at().section().startsWith("dend[")
        && s.slot().kind().equals("GABA")).count());
  }

  /** Of compartments of 300, 100 and 100 µm the first is drawn in 60 % of draws of one, in 60 + 2 · 20 · 3/4 = 90 % of those of two. */
  @ParameterizedTest
  @CsvSource({"1, 0.6", "2, 0.9"})
  void sitesAreDrawnByTheLengthsOfTheirCompartments(int sites, double share) {
    var soma = Location.parse("soma(1)");
    var cell = CellModel.builder("three").cylinder("soma", 20, 20).cylinder("dend[0]", 300, 1, soma).cylinder("dend[1]", 100, 1, soma)
        .cylinder("dend[2]", 100, 1, soma).slots(List.of("dend"), "exc", "Exp2Syn", Map.of(), 0.001).build().compile();
    int first = 0;
    for (int seed = 0; seed < 1000; seed++) {
      var drawn = Protocol.read("x.yaml", "x", TestProtocol.TEXT.replace("exc: {slots: exc, rate: 80}",
          "exc: {slots: exc, on: dend, sites: " + sites + ", seed: " + seed + ", rate: 80}")
          .replace("  inh: {slots: inh, rate: 30}\n", ""));
      var slots = drawn.sites(cell).stream().map(s -> s.slot().name()).toList();
      assertEquals(sites, slots.stream().distinct().count());
      first += slots.contains("exc[0]") ? 1 : 0;
    }
    assertEquals(share, first / 1000.0, 0.05);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "sample: 1                 | sample: 0                  | short.yaml:3: sample = 0.0 is out of range. Allowed: 0.001…1000.0",
      "rate: 80                  | rate: fast                 | short.yaml:6: rate: 'fast' is not a number in Hz. Write the number alone in Hz",
      "rate: 80                  | rate: 80, sites: 3         | short.yaml:6: sites and the seed that they are drawn with go together",
      "about: short              | abuot: short               | short.yaml:1: unknown key 'abuot'. Did you mean 'about'?",
      "v: soma(0.5).v            | v: soma                    | short.yaml:9: probe: 'soma' is not of the form section(x).quantity. Write e.g. soma(0.5).v",
      "ms: 600                   | ms: 600.5                  | short.yaml:13: 600.5 ms are no whole number of samples of 1.0 ms",
      "{from: 0, to: 4}          | {from: 4, to: 0}           | short.yaml:4: to = 0.0 is out of range. Allowed: 4.0…1000000.0",
      "warmup: 100, ms: 300, seed: 3 | warmup: 100, seed: 3   | short.yaml:15: 'ms' is missing"})
  void faultsNameTheirLine(String there, String instead, String message) {
    assertTrue(TestProtocol.TEXT.contains(there.strip()));
    var e = assertThrows(InputException.class, () -> Protocol.read("short.yaml", "short",
        TestProtocol.TEXT.replace(there.strip(), instead.strip())));
    assertEquals(message, e.getMessage());
  }

  @Test
  void slotsThatTheCellLacksAreNamed() {
    var p = Protocol.read("x.yaml", "x", TestProtocol.TEXT.replace("slots: inh", "slots: inhh"));
    var e = assertThrows(InputException.class, () -> p.sites(p.compile()));
    assertEquals("x:inputs.inh: the cell 'ball' has 0 slots 'inhh'. Did you mean 'inh'?", e.getMessage());
    assertThrows(InputException.class, () -> Protocol.load("bal"));
  }

  @Test
  void aCellIsDrivenAsTheOneWhoseSynapsesItHas(@TempDir Path dir) throws IOException {
    String cell = """
        sections:
          soma: {L: 25, diam: 25}
        regions:
          soma:
            mechanisms:
              hh: {gkbar: %s}
        slots:
          exc: {at: soma(0.5), kind: AlphaSynapse, tau: 2, e: 0, weight: 0.0025}
          %s: {at: soma(0.5), kind: AlphaSynapse, tau: 1, e: -90, weight: 0.008}
        """;
    Path mine = Files.writeString(dir.resolve("mine.yaml"), String.format(cell, "0.03", "inh"));
    var p = Protocol.loadFor(mine.toString());
    assertEquals(mine.toString(), p.cell());
    assertEquals(Protocol.load("ball").inputs(), p.inputs());
    assertEquals("ball", Protocol.loadFor("ball").cell());
    Path other = Files.writeString(dir.resolve("other.yaml"), String.format(cell, "0.03", "gaba"));
    var e = assertThrows(InputException.class, () -> Protocol.loadFor(other.toString()));
    assertEquals(other + ": is a cell, and none of the protocols ball, l5pc drives such synapses as it has, or records what it has."
        + " Write a protocol that names the cell", e.getMessage());
  }
}
