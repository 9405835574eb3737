package io.galvani.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.surrogate.SurrogateFile;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
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

    String scored = Command.run("score", out.toString(), "--protocol", protocol.toString()).output();
    var shown = Pattern.compile("explained variance, % +(-?[0-9.]+)").matcher(scored);
    assertTrue(shown.find(), scored);
    assertEquals(100 * s.provenance().scores().get("explained_variance"), Double.parseDouble(shown.group(1)), 0.006);

    String drift = Command.run("score", out.toString(), "--protocol", protocol.toString(), "--long").output();
    assertTrue(drift.contains("protocol short: 2 runs of 1000 ms"), drift);
    assertTrue(Pattern.compile("(?m)^ +800 to 1000 +-?[0-9.]+ +[0-9.]+").matcher(drift).find(), drift);

    String compared = Command.run("compare", out.toString(), "--cell", protocol.toString(), "--cells", "1,3", "--ms", "60",
        "--report", dir.resolve("r.html").toString()).output();
    for (String wanted : new String[] {"(?m)^ +1  direct f64 ", "(?m)^ +3  direct mixed, poly ", "(?m)^ +3  s "}) {
      assertTrue(Pattern.compile(wanted).matcher(compared).find(), wanted + " in " + compared);
    }
    reportIsWhole(Files.readString(dir.resolve("r.html")));
    String more = Command.run("compare", out.toString(), "--cell", protocol.toString(), "--cells", "1", "--ms", "5000", "--seconds",
        "0.001").output();
    assertTrue(more.contains("extrapolated from "), more);
  }

  // One file, of well-formed plots, that asks for nothing else.
  private static void reportIsWhole(String html) {
    assertTrue(html.contains("galvani compare ") && html.endsWith("</body></html>\n"), html);
    assertTrue(Pattern.compile("<td>direct mixed, poly</td><td>3</td>").matcher(html).find(), html);
    for (String never : new String[] {"NaN\"", "http", "<script", "<link", "url("}) {
      assertTrue(!html.contains(never), never);
    }
    int plots = 0;
    for (var m = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(html); m.find(); plots++) {
      assertDoesNotThrow(() -> DocumentBuilderFactory.newInstance().newDocumentBuilder()
          .parse(new InputSource(new StringReader(m.group()))), m.group());
    }
    assertTrue(plots > 6, plots + " plots");
  }

  @Test
  void whatCannotBeDoneIsSaid() {
    assertTrue(Command.run("train", protocol.toString(), "--budget", "soon", "--out", "x.safetensors").err().contains(
        "--budget: 'soon' is no time. Write e.g. 90s, 5m or 1h"));
    assertTrue(Command.run("train", "bal", "--out", "x.safetensors").err().contains("unknown protocol 'bal'. Did you mean 'ball'?"));
    assertTrue(Command.run("train", protocol.toString(), "--out", "x.h5").err().contains("Write NAME.safetensors"));
    assertTrue(Command.run("train", protocol.toString(), "--out", dir.resolve("x.safetensors").toString(), "--resume").err()
        .contains("Begin anew without it"));
    assertTrue(Command.run("train", protocol.toString(), "--out", dir.resolve("x.safetensors").toString(), "--from", "ball-streaming",
        "--hidden", "32").err()
        .contains("Leave the sizes to it"));
    assertTrue(Command.run("score", "ball-stream", "--protocol", "ball").err().contains("Did you mean 'ball-streaming'?"));
    assertTrue(Command.run("compare", "--cells", "0").err().contains("All must be above 0"));
  }
}
