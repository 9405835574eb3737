package io.galvani.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.trace.Npy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is wrong with an input: a status that is not 0, one message that names the place and the value, nothing written. */
class MalformedInputTest {
  /**
   * An input with one fault.
   *
   * @param file name of the faulty file, or {@code null} if it is an option
   * @param content of that file
   * @param arguments after {@code simulate}, {@code --out} is added
   * @param says what the message must hold
   */
  record Input(String file, String content, List<String> arguments, String... says) {
    @Override
    public String toString() {
      return (file == null ? String.join(" ", arguments) : file) + ": " + says[0];
    }
  }

  private static final String SOMA = "1 1 0 0 0 5 -1\n";
  private static final String SECTIONS = "sections:\n  soma: {L: 20, diam: 20}\n";
  private static final String HEADER = "node,kind,section,x,parent,area_um2,ri_MOhm,cm_uF_cm2,g_pas\n";
  private static final String ROOT = "0,root0,soma,0,-1,0,0,0,0\n";
  private static final String SEG = "1,seg,soma,0.5,0,100,1,1,1e-4\n";

  @TempDir Path dir;

  @ParameterizedTest
  @MethodSource({"morphologies", "cellFiles", "tables", "events", "values", "options"})
  void isRefused(Input input) throws IOException {
    if (input.file != null && input.content != null) {
      Files.writeString(dir.resolve(input.file), input.content, StandardCharsets.ISO_8859_1);
    }
    Files.writeString(dir.resolve("swc.yaml"), "morphology: cell.swc\nregions:\n  all:\n    mechanisms:\n      pas:\n");
    Npy.write(dir.resolve("three.npy"), Npy.Type.F8, new double[] {1, 2, 3});
    Npy.write(dir.resolve("nan.npy"), Npy.Type.F8, new double[] {1, Double.NaN});
    List<Path> before = inside();

    var arguments = new ArrayList<>(List.of("simulate", "--out", dir.resolve("out").toString()));
    input.arguments.forEach(a -> arguments.add(a.replace("DIR", dir.toString())));
    var command = Command.run(arguments.toArray(String[]::new));
    int status = command.status();
    String message = command.err();
    assertNotEquals(0, status);
    assertTrue(message.startsWith("galvani: "), message);
    assertFalse(message.contains("\tat ") || message.contains("Exception"), message);
    for (String part : input.says) {
      assertTrue(message.contains(part), "'" + part + "' is not in: " + message);
    }
    assertTrue(input.file == null || message.contains(input.file), message);
    assertTrue(status == 2 || message.strip().lines().count() == 1, message);
    assertEquals("", command.out());
    assertEquals(before, inside(), "nothing was written");
  }

  private List<Path> inside() throws IOException {
    try (var all = Files.walk(dir)) {
      return all.sorted().toList();
    }
  }

  static Stream<Input> morphologies() {
    return Stream.of(
        swc("", "holds no points"),
        swc("# only a comment\n", "holds no points"),
        swc("1 1 0 0 0\n", "cell.swc:1: 5 columns"),
        swc(SOMA + "2 3 10 0 0 1\n", "cell.swc:2: 6 columns"),
        swc(SOMA + "two 3 10 0 0 1 1\n", "cell.swc:2: id 'two'"),
        swc(SOMA + "2 3.5 10 0 0 1 1\n", "cell.swc:2: type '3.5'"),
        swc(SOMA + "2 3 ten 0 0 1 1\n", "cell.swc:2: x 'ten'"),
        swc(SOMA + "2 3 10 NaN 0 1 1\n", "cell.swc:2: y 'NaN'"),
        swc(SOMA + "2 3 10 0 1e99 1 1\n", "cell.swc:2: z '1e99'"),
        swc(SOMA + "2 3 10 0 0 0 1\n", "cell.swc:2: radius 0"),
        swc(SOMA + "2 3 10 0 0 -1 1\n", "cell.swc:2: radius -1"),
        swc(SOMA + "2 3 10 0 0 1um 1\n", "cell.swc:2: radius '1um'"),
        swc(SOMA + "2 3 10 0 0 1 7\n", "cell.swc:2: parent 7 does not exist"),
        swc(SOMA + "2 3 10 0 0 1 -1\n", "cell.swc:2: a second root"),
        swc(SOMA + "2 3 10 0 0 1 2\n", "cell.swc:2"),
        swc(SOMA + "1 3 10 0 0 1 1\n", "cell.swc:2: id 1 was used in line 1"),
        swc("1 1 0 0 0 5 2\n2 1 1 0 0 5 1\n", "root"),
        swc("1 3 0 0 0 5 -1\n2 3 10 0 0 1 1\n", "soma"),
        swc(SOMA + "99999999999 3 10 0 0 1 1\n", "cell.swc:2: id '99999999999'"),
        swc("\u0000\u0001\u0002", "cell.swc:1: this is not text"));
  }

  static Stream<Input> cellFiles() {
    return Stream.of(
        yaml("", "cell.yaml"),
        yaml("soma", "cell.yaml"),
        yaml("sections: {soma: {L: 20, diam: 20}", "cell.yaml:1"),
        yaml("\tsections:\n", "cell.yaml:1"),
        yaml("section:\n  soma: {L: 20, diam: 20}\n", "cell.yaml:1: unknown", "'section'", "sections"),
        yaml("name: x\n", "no sections"),
        yaml("sections:\n  soma: {L: 20}\n", "cell.yaml:2", "diam"),
        yaml("sections:\n  soma: {L: 20, diam: twenty}\n", "cell.yaml:2", "twenty"),
        yaml("sections:\n  soma: {L: 20 um, diam: 20}\n", "cell.yaml:2", "20 um"),
        yaml("sections:\n  soma: {L: -20, diam: 20}\n", "cell.yaml:2", "-20"),
        yaml("sections:\n  soma: {L: .nan, diam: 20}\n", "cell.yaml:2", "L"),
        yaml("sections:\n  soma: {L: .inf, diam: 20}\n", "cell.yaml:2", "L"),
        yaml("sections:\n  soma: {L: 1e400, diam: 20}\n", "cell.yaml:2", "L = Infinity"),
        yaml(SECTIONS + "  soma: {L: 10, diam: 10}\n", "cell.yaml:3", "soma"),
        yaml(SECTIONS + "  dend: {L: 10, diam: 1}\n", "cell.yaml:3", "second root"),
        yaml(SECTIONS + "  dend: {L: 10, diam: 1, parent: sona(1)}\n", "cell.yaml:3", "'sona'", "'soma'"),
        yaml(SECTIONS + "  dend: {L: 10, diam: 1, parent: soma(1.5)}\n", "cell.yaml:3", "1.5"),
        yaml(SECTIONS + "regions:\n  some: {cm: 1}\n", "cell.yaml:4", "'some'", "soma"),
        yaml(SECTIONS + "regions:\n  soma: {nseg: 0}\n", "cell.yaml:4", "nseg"),
        yaml(SECTIONS + "regions:\n  soma: {nseg: 2.5}\n", "cell.yaml:4", "2.5"),
        yaml(SECTIONS + "regions:\n  soma: {cm: 0}\n", "cell.yaml:4", "cm"),
        yaml(SECTIONS + "regions:\n  soma: {Ra: -100}\n", "cell.yaml:4", "-100"),
        yaml(SECTIONS + "regions:\n  soma: {mechanisms: {hhh: {}}}\n", "cell.yaml:4", "'hhh'", "'hh'"),
        yaml(SECTIONS + "regions:\n  soma: {mechanisms: {hh: {gnabarr: 1}}}\n", "cell.yaml:4", "'gnabarr'", "'gnabar'"),
        yaml(SECTIONS + "regions:\n  soma: {mechanisms: {hh: {gnabar: -1}}}\n", "cell.yaml:4", "-1"),
        yaml(SECTIONS + "regions:\n  soma: {mechanisms: {hh: {gnabar: 120 mS/cm2}}}\n", "cell.yaml:4", "120 mS/cm2"),
        yaml(SECTIONS + "regions:\n  soma: {mechanisms: {Exp2Syn: {}}}\n", "cell.yaml:4", "Exp2Syn is a synapse"),
        yaml(SECTIONS + "regions:\n  soma: {mechanisms: {Ih: {gIhbar: {over: nowhere, step: {from: 0, to: 1, inside: 1,"
            + " outside: 0}}}}}\n", "cell.yaml:4", "nowhere"),
        yaml(SECTIONS + "slots:\n  exc: {at: soma(0.5), kind: Exp2syn, weight: 0.001}\n", "cell.yaml:4", "'Exp2syn'", "'Exp2Syn'"),
        yaml(SECTIONS + "slots:\n  exc: {at: soma(0.5), kind: hh, weight: 0.001}\n", "cell.yaml:4", "hh is a channel"),
        yaml(SECTIONS + "slots:\n  exc: {at: soma(0.5), kind: Exp2Syn}\n", "cell.yaml:4", "weight"),
        yaml(SECTIONS + "slots:\n  exc: {at: soma(0.5), kind: Exp2Syn, weight: -1}\n", "cell.yaml:4", "-1"),
        yaml(SECTIONS + "slots:\n  exc: {at: dend(0.5), kind: Exp2Syn, weight: 1}\n", "cell.yaml:4", "'dend'"),
        yaml("dt: 0\n" + SECTIONS, "cell.yaml:1", "dt"),
        yaml("celsius: warm\n" + SECTIONS, "cell.yaml:1", "warm"),
        yaml("v_init: 65000\n" + SECTIONS, "cell.yaml:1", "v_init"),
        yaml("morphology: none.swc\n", "none.swc"),
        new Input("cell.yaml", null, List.of("DIR/cell.yaml"), "cell.yaml"));
  }

  static Stream<Input> tables() {
    return Stream.of(
        table("", "cell.csv"),
        table(HEADER, "holds no nodes"),
        table("node,kind,section\n", "cell.csv:1: no column 'x'"),
        table(HEADER.replace("g_pas", "g_pass") + ROOT, "cell.csv:1", "'g_pass'", "'g_pas'"),
        table(HEADER.replace("g_pas", "g_pas,g_pas") + ROOT, "cell.csv:1", "g_pas"),
        table(HEADER + ROOT + "1,seg,soma,0.5,0,100,1\n", "cell.csv:3: 7 columns"),
        table(HEADER + ROOT + SEG.replace("100", "NaN"), "cell.csv:3: area_um2 'NaN'"),
        table(HEADER + ROOT + SEG.replace("100", "1e999"), "cell.csv:3: area_um2 '1e999'"),
        table(HEADER + ROOT + SEG.replace("100", "-100"), "cell.csv:3: area"),
        table(HEADER + ROOT + SEG.replace(",0.5,0,", ",0.5,1,"), "cell.csv:3: parent 1"),
        table(HEADER + ROOT + SEG.replace(",0.5,0,", ",1.5,0,"), "cell.csv:3: x"),
        table(HEADER + ROOT + SEG.replace("seg", "segment"), "cell.csv:3: kind 'segment'"),
        table(HEADER + ROOT + SEG.replace(",1,1,", ",0,1,"), "cell.csv:3: ri"),
        table(HEADER + ROOT + SEG.replace("1e-4", "-1e-4"), "cell.csv:3", "-1.0E-4"),
        table(HEADER + ROOT + ROOT, "cell.csv:3: node 0"),
        new Input("cell.csv.gz", HEADER, List.of("DIR/cell.csv.gz"), "cannot be read"));
  }

  static Stream<Input> events() {
    return Stream.of(
        csv("", "is empty"),
        csv("time,cell,slot\n", "events.csv:1: header"),
        csv("1,0,0\n", "events.csv:1: header"),
        csv("time_ms,cell,slot\n2,0,0\n1,0,0\n", "events.csv:3: time 1 ms comes after 2.0 ms"),
        csv("time_ms,cell,slot\n11,0,0\n", "events.csv:2: time 11 ms lies beyond the end"),
        csv("time_ms,cell,slot\n-0.1,0,0\n", "events.csv:2: time -0.1 ms"),
        csv("time_ms,cell,slot\nNaN,0,0\n", "events.csv:2: time_ms NaN"),
        csv("time_ms,cell,slot\n1e400,0,0\n", "events.csv:2: time_ms 1e400"),
        csv("time_ms,cell,slot\n1 ms,0,0\n", "events.csv:2: time_ms '1 ms'"),
        csv("time_ms,cell,slot\n1,2,0\n", "events.csv:2: there is no cell 2"),
        csv("time_ms,cell,slot\n1,99999999999,0\n", "events.csv:2: cell '99999999999'"),
        csv("time_ms,cell,slot\n1,0,7\n", "events.csv:2: there is no slot 7"),
        csv("time_ms,cell,slot\n1,0,exe\n", "events.csv:2: unknown slot 'exe'", "'exc'"),
        csv("time_ms,cell,slot\n1,0\n", "events.csv:2: 2 values"),
        csv("time_ms,cell,slot,weight_uS\n1,0,0,1e39\n", "events.csv:2: weight_uS 1e39"),
        csv("time_ms,cell,slot\n1,0,\"0\n", "cannot be read"),
        csv("time_ms,synapse_id\n1,0\n", "events.csv:1: has no column for the cell"),
        csv("\u00ff\u00fe", "is not text in UTF-8"),
        new Input("events.csv.gz", "time_ms,cell,slot\n", List.of("hh", "--tstop", "10", "--events", "DIR/events.csv.gz"), "GZIP"),
        new Input("none.csv", null, List.of("hh", "--tstop", "10", "--events", "DIR/none.csv"), "no such file"));
  }

  static Stream<Input> values() {
    return Stream.of(
        npy("", "is not a NumPy array"),
        npy("\u0093NUMPY\u0001\u0000\u0076\u0000{'descr': '<f8', ", "is truncated"),
        npy("\u0093NUMPY\u0001\u0000\u003c\u0000{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }   \n", "<i8"),
        npy("\u0093NUMPY\u0001\u0000\u003c\u0000{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }   \n", "bytes of data where shape [2]"),
        new Input("three.npy", null, List.of("hh", "--cells", "2", "--set", "soma.gnabar=@DIR/three.npy"), "[3]", "2 cells"),
        new Input(null, null, List.of("hh", "--cells", "2", "--set", "soma.gnabar=@DIR/nan.npy"), "soma.gnabar", "cell 1", "NaN"),
        new Input("none.npy", null, List.of("hh", "--set", "soma.gnabar=@DIR/none.npy"), "no such file"));
  }

  static Stream<Input> options() {
    return Stream.of(
        option("--tstop", "--tstop"),
        option("--tstop ten", "--tstop", "ten"),
        option("--tstop 10.01", "--tstop", "10.01"),
        option("--tstop -10", "--tstop", "-10"),
        option("--tstop NaN", "--tstop", "NaN"),
        option("--dt 0", "dt", "0"),
        option("--dt -1", "dt", "-1"),
        option("--cells 0", "cells", "0"),
        option("--cells 3e9", "--cells", "3e9"),
        option("--celsius 1000", "celsius", "1000"),
        option("--v-init NaN", "v_init", "NaN"),
        option("--threads 0", "threads", "0"),
        option("--precision f16", "--precision", "f16"),
        option("--rates fast", "--rates", "fast"),
        option("--device gpu", "--device", "gpu", "cpu"),
        option("--recrod soma(0.5).v", "--recrod", "--record"),
        option("--record soma(0.5)", "soma(0.5)", "section(x).quantity"),
        option("--record soma(0.5).vv", "vv"),
        option("--record sona(0.5).v", "'sona'", "'soma'"),
        option("--record soma(half).v", "half"),
        option("--record soma(0.5).hh.q", "q"),
        option("--record soma(0.5).v --record soma(0.5).v", "twice"),
        option("--record soma(0.5).v --record-every 0.03", "--record-every", "0.03"),
        option("--set gnabar", "gnabar", "target=value"),
        option("--set soma.gnabar=x", "soma.gnabar", "'x'"),
        option("--set soma.gnabra=1", "'gnabra'", "'gnabar'"),
        option("--set sona.gnabar=1", "'sona'", "'soma'"),
        option("--set soma.gnabar=1..2", "1..2", "two cells"),
        option("--set stimulus[0].amp=1", "stimulus[0]"),
        option("--stim IClamp", "IClamp", "too short"),
        option("--stim IClanp~soma(0.5)~amp=1", "'IClanp'", "'IClamp'"),
        option("--stim IClamp~soma(0.5)~amp", "amp"),
        option("--stim IClamp~soma(0.5)~amp=1nA", "amp=1nA"),
        option("--stim IClamp~soma(0.5)~ampl=1", "'ampl'", "'amp'"),
        option("--stim IClamp~soma(0.5)~amp=NaN", "amp", "NaN"),
        option("--stim IClamp~sona(0.5)~amp=1", "'sona'", "'soma'"),
        option("--stim hh~soma(0.5)", "hh is a channel"),
        option("--resume DIR/none", "none", "no such file"),
        option("--resume DIR/three.npy", "three.npy", "not a checkpoint"),
        new Input(null, null, List.of(), "CELL"),
        new Input(null, null, List.of("l5cp"), "unknown cell 'l5cp'", "'l5pc'"),
        new Input(null, null, List.of("cell.swc"), "cell.swc", "morphology"));
  }

  private static Input swc(String content, String... says) {
    return new Input("cell.swc", content, List.of("DIR/swc.yaml"), says);
  }

  private static Input yaml(String content, String... says) {
    return new Input("cell.yaml", content, List.of("DIR/cell.yaml"), says);
  }

  private static Input table(String content, String... says) {
    return new Input("cell.csv", content, List.of("DIR/cell.csv"), says);
  }

  private static Input csv(String content, String... says) {
    return new Input("events.csv", content, List.of("hh", "--cells", "2", "--tstop", "10", "--events", "DIR/events.csv"), says);
  }

  private static Input npy(String content, String... says) {
    return new Input("values.npy", content, List.of("hh", "--cells", "2", "--set", "soma.gnabar=@DIR/values.npy"), says);
  }

  /** Options for the squid axon, apart by blanks; {@code ~} is a blank within one. */
  private static Input option(String options, String... says) {
    var arguments = new ArrayList<>(List.of("hh"));
    Stream.of(options.split(" ")).map(o -> o.replace('~', ' ')).forEach(arguments::add);
    return new Input(null, null, arguments, says);
  }
}
