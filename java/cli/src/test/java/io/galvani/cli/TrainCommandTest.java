package io.galvani.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.surrogate.SurrogateFile;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

/** {@code dataset}, {@code train}, {@code score}, {@code compare}: the whole way, with a protocol that takes no time. */
class TrainCommandTest {
  @TempDir Path dir;
  private Path protocol;

  @BeforeEach
  void write() throws IOException {
    protocol = dir.resolve("short.yaml");
    Files.writeString(protocol, """
        cell: ball
        sample: 1
        scale: {from: 1, to: 4}
        inputs:
          exc: {slots: exc, rate: 80}
          inh: {slots: inh, rate: 30}
        outputs: {v: soma(0.5).v}
        spikes: {threshold: -20}
        runs:
          training: {traces: 20, ms: 1024, seed: 1}
          validation: {traces: 8, warmup: 100, ms: 400, seed: 2}
          test: {traces: 8, warmup: 100, ms: 400, seed: 3}
          long: {traces: 2, warmup: 100, ms: 1000, seed: 4}
        """);
  }

  @Test
  void theWholeWay() throws IOException {
    Path out = dir.resolve("s.safetensors");
    String trained = Command.run("train", protocol.toString(), "--budget", "2s", "--out", out.toString(), "--threads", "1").output();
    assertTrue(trained.contains("protocol short: 8 runs of 400 ms after 100 ms of warm-up"), trained);
    var s = SurrogateFile.read(out);
    assertTrue(s.provenance().scores().containsKey("explained_variance"));
    assertTrue(Files.exists(dir.resolve("short.data/manifest.json")));
    assertEquals("exc", s.slots().getFirst().slot().name());
    String learned = Files.readString(dir.resolve("s.html"));
    long points = Files.readAllLines(dir.resolve("s.csv")).size() - 1;
    var curve = Pattern.compile("<path d=\"(M[^\"]+)\" fill").matcher(learned);
    assertTrue(curve.find() && points == curve.group(1).split("[ML]").length - 1, points + " points in " + learned);
    assertTrue(learned.contains("galvani train ") && learned.contains("<td>explained variance, %</td>"), learned);
    needsNothingElse(learned, 2);

    String scored = Command.run("score", out.toString(), "--protocol", protocol.toString()).output();
    var shown = Pattern.compile("explained variance, % +(-?[0-9.]+)").matcher(scored);
    assertTrue(shown.find(), scored);
    assertEquals(100 * s.provenance().scores().get("explained_variance"), Double.parseDouble(shown.group(1)), 0.006);

    // The point cell forgets its past within the 50 ms of warm-up that are left.
    String twins = Command.run("score", "--twins", "--protocol", protocol.toString()).output();
    var same = Pattern.compile("recall at ±5 ms, % +([0-9.]+)").matcher(twins);
    assertTrue(same.find() && Double.parseDouble(same.group(1)) > 90, twins);

    String drift = Command.run("score", out.toString(), "--protocol", protocol.toString(), "--long").output();
    assertTrue(drift.contains("protocol short: 2 runs of 1000 ms"), drift);
    assertTrue(Pattern.compile("(?m)^ +800 to 1000 +-?[0-9.]+ +(NaN|[0-9.]+)").matcher(drift).find(), drift);

    String compared = Command.run("compare", out.toString(), "--cell", protocol.toString(), "--cells", "1,3", "--ms", "60",
        "--long", "--report", dir.resolve("r.html").toString()).output();
    for (String wanted : new String[] {"(?m)^ +1  direct f64 ", "(?m)^ +3  direct mixed, poly ", "(?m)^ +3  s ", "0-200 ms: "}) {
      assertTrue(Pattern.compile(wanted).matcher(compared).find(), wanted + " in " + compared);
    }
    reportIsWhole(Files.readString(dir.resolve("r.html")));
    String more = Command.run("compare", out.toString(), "--cell", protocol.toString(), "--cells", "1", "--ms", "5000", "--seconds",
        "0.001", "--report", dir.resolve("more.html").toString()).output();
    assertTrue(more.contains("extrapolated from "), more);
  }

  private static void reportIsWhole(String html) {
    assertTrue(html.contains("galvani compare "), html);
    assertTrue(Pattern.compile("<td>direct mixed, poly</td><td>3</td>").matcher(html).find(), html);
    needsNothingElse(html, 7);
  }

  // One file, of well-formed plots and keys, that asks for nothing else.
  private static void needsNothingElse(String html, int least) {
    assertTrue(html.endsWith("</body></html>\n"), html);
    for (String never : new String[] {"NaN\"", "http", "<script", "<link", "url("}) {
      assertTrue(!html.contains(never), never);
    }
    int plots = 0;
    for (var m = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(html); m.find(); plots++) {
      assertDoesNotThrow(() -> DocumentBuilderFactory.newInstance().newDocumentBuilder()
          .parse(new InputSource(new StringReader(m.group()))), m.group());
    }
    assertTrue(plots >= least, plots + " plots");
  }

  @Test
  void anLstmThatCarriesItsState() throws IOException {
    Path out = dir.resolve("lstm.safetensors");
    String trained = Command.run("train", protocol.toString(), "--kind", "lstm", "--budget", "2s", "--out", out.toString(), "--threads", "1")
        .output();
    assertTrue(trained.contains("protocol short: 8 runs of 400 ms after 100 ms of warm-up"), trained);
    var s = SurrogateFile.read(out);
    assertEquals(List.of("Conv1D", "Conv1D", "Newest", "LSTM", "Dense"), s.network().layers().stream().map(l -> l.type()).toList());
    assertEquals(List.of("v", "spike"), s.outputs().stream().map(o -> o.name()).toList());
  }

  /** A surrogate beyond its training, and one fitted to a changed cell by its head alone. */
  @Test
  void beyondTraining() throws IOException {
    Path changed = dir.resolve("changed.yaml");
    Files.writeString(changed, """
        sections: {soma: {L: 25, diam: 25}}
        regions: {soma: {mechanisms: {hh: {gkbar: 0.045}, pas: {g: 0.001, e: -70}}}}
        slots:
          exc: {at: soma(0.5), kind: AlphaSynapse, tau: 2, e: 0, weight: 0.0025}
          inh: {at: soma(0.5), kind: AlphaSynapse, tau: 1, e: -90, weight: 0.008}
        """);
    Path out = dir.resolve("fitted.safetensors");
    Command.run("train", protocol.toString(), "--cell", changed.toString(), "--from", "ball-streaming", "--top", "1", "--rate", "2e-3",
        "--budget", "1s", "--out", out.toString(), "--threads", "1").output();
    assertEquals(changed.toString(), SurrogateFile.read(out).provenance().cell());
    assertTrue(SurrogateFile.read(out).provenance().training().endsWith("from ball-streaming, the last 1 layers alone, rate of learning 0.002"),
        SurrogateFile.read(out).provenance().training());
    assertTrue(Files.exists(dir.resolve("short-on-changed.data/manifest.json")));

    for (String name : List.of("r.md", "r.html")) {
      String shown = Command.run("generalise", "ball-streaming", "--protocol", protocol.toString(), "--runs", "8", "--changed",
          changed + "=" + out, "--out", dir.resolve(name).toString()).output();
      for (String wanted : List.of("weights 0.1 to 3.5 nS", "E:I 1:2", "cell changed.yaml, fitted", "excitatory events, 1/s")) {
        assertTrue(shown.contains(wanted), wanted + " in " + shown);
        assertTrue(Files.readString(dir.resolve(name)).contains(wanted), wanted + " in " + name);
      }
    }
    assertTrue(Command.run("generalise", "ball-streaming", "--out", "r.txt").err().contains("r.txt is neither .html nor .md"));
    assertTrue(Command.run("train", "ball", "--top", "1", "--out", "x.safetensors").err().contains("nothing to leave as it is"));
    assertTrue(Command.run("train", "ball", "--kind", "cnn", "--out", "x.safetensors").err().contains("unknown kind 'cnn'"));
    assertTrue(Command.run("train", "ball", "--kind", "deep", "--hidden", "9", "--out", "x.safetensors").err().contains("deep has sizes of its own"));
  }

  @Test
  void whatCannotBeDoneIsSaid() {
    assertTrue(Command.run("train", protocol.toString(), "--budget", "soon", "--out", "x.safetensors").err().contains(
        "--budget: 'soon' is no time. Write e.g. 90s, 5m or 1h"));
    assertTrue(Command.run("train", protocol.toString(), "--rate", "5", "--out", "x.safetensors").err().contains(
        "--rate: 5.0 is not between 0 and 1. Write e.g. 1e-3"));
    assertTrue(Command.run("train", "bal", "--out", "x.safetensors").err().contains("unknown protocol 'bal'. Did you mean 'ball'?"));
    assertTrue(Command.run("train", protocol.toString(), "--out", "x.h5").err().contains("Write NAME.safetensors"));
    assertTrue(Command.run("train", protocol.toString(), "--out", dir.resolve("x.safetensors").toString(), "--resume").err()
        .contains("Begin anew without it"));
    assertTrue(Command.run("train", protocol.toString(), "--out", dir.resolve("y.safetensors").toString(), "--from", "ball-streaming",
        "--hidden", "32").err()
        .contains("can't shrink"));
    assertTrue(Command.run("score", "ball-stream", "--protocol", "ball").err().contains("Did you mean 'ball-streaming'?"));
    assertTrue(Command.run("compare", "--cells", "0").err().contains("All must be above 0"));
  }
}
