package io.galvani.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.galvani.Probe;
import io.galvani.trace.ClosedLoopScores;
import io.galvani.trace.ClosedLoopScores.Run;
import io.galvani.training.Comparison.Cost;
import io.galvani.training.Judgement.Fit;
import io.galvani.training.Judgement.Outcome;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report of {@code compare} as a browser shows it, on a desk, on a phone and on paper. */
class CompareReportTest {
  private static final int DESK = 1280;
  private static final int PHONE = 390;

  @TempDir
  Path dir;

  @Test
  void isReadableWhereverItIsOpened() throws IOException, InterruptedException {
    var found = Browser.find(dir);
    if (found.isEmpty()) {
      System.out.println("skipped: no browser; apt-get install chromium");
      abort("no chromium");
    }
    Browser browser = found.get();
    Path page = Files.writeString(Path.of("target/report.html"), report()).toAbsolutePath(); // to be looked at by people, too
    for (int width : new int[] {DESK, PHONE}) {
      assertEquals("0", browser.ask(page, width, "Math.max(0, d.documentElement.scrollWidth - w.innerWidth)"), "nothing beyond the edge");
      assertEquals("0", browser.ask(page, width, "[...d.querySelectorAll('svg text')].filter(t => { const a = t.getBoundingClientRect(), "
          + "b = t.ownerSVGElement.getBoundingClientRect(); return a.left < b.left - 1 || a.right > b.right + 1 || a.bottom > b.bottom + 1; })"
          + ".length"), "no label that is cut off");
      assertEquals("0", browser.ask(page, width, "w.performance.getEntriesByType('resource').length"), "nothing is fetched");
      assertTrue(Double.parseDouble(browser.ask(page, width, "Math.min(...[...d.querySelectorAll('figure > svg text')]"
          + ".map(t => t.getBoundingClientRect().height))")) > 9, "labels are large enough to be read, px");
    }
    colours(browser.picture(page, DESK, 3000, 1));
    colours(browser.picture(page, PHONE, 2000, 3));
    byte[] pdf = browser.paper(page);
    assertTrue(new String(pdf, 0, 5, StandardCharsets.ISO_8859_1).equals("%PDF-") && pdf.length > 20_000, pdf.length + " bytes of PDF");
  }

  @Test
  void eachSurrogateIsWeighedAgainstTheDirectEngine() {
    String from = report().split("What accuracy costs", 2)[1];
    assertEquals(3, from.substring(0, from.indexOf("</svg>")).split("<path transform", -1).length - 1, "marks");
  }

  @Test
  void whatElseIsRecordedIsComparedWhereASurrogateSaysIt() {
    assertTrue(report().contains("<td>v_trunk, apic[6](0.5).v</td><td>98.8; 0.994</td><td></td>"));
  }

  // Each series is there to be seen.
  private static void colours(BufferedImage picture) {
    for (int series = 0; series < 3; series++) {
      int wanted = Integer.parseInt(Plot.COLOURS[series].substring(1), 16);
      int seen = 0;
      for (int y = 0; y < picture.getHeight(); y++) {
        for (int x = 0; x < picture.getWidth(); x++) {
          seen += (picture.getRGB(x, y) & 0xFFFFFF) == wanted ? 1 : 0;
        }
      }
      assertTrue(seen > 200, seen + " pixels of " + Plot.COLOURS[series] + " in a picture " + picture.getWidth() + " wide");
    }
  }

  private static String report() {
    var report = new CompareReport("l5pc", 1, "galvani compare", "a machine", 2, 1000);
    var random = new SplittableRandom(1);
    for (String name : List.of("l5pc-streaming", "l5pc-cnn-lstm")) {
      var runs = new ArrayList<Run>();
      for (int r = 0; r < 24; r++) {
        runs.add(run(random, 1 + r % 5));
      }
      var trunk = new Fit("v_trunk", Probe.parse("apic[6](0.5).v"), 0.9876, 0.9938);
      report.add(name, new Outcome(runs, name.endsWith("streaming") ? List.of(trunk) : List.of()), ClosedLoopScores.of(runs, 1, 1));
      report.addLong(name, ClosedLoopScores.parts(runs, 5, 1));
    }
    for (int cells : new int[] {1, 50, 5000}) {
      double held = Math.min(cells, 8);
      report.add(new Cost("NEURON", cells, (int) held, 40, 0.16 * cells, 0.1 * cells, 1e-4 * cells));
      report.add(new Cost("direct f64", cells, cells, 1000, 0.2 * cells, 1e-3 * cells, 1e-4 * cells));
      report.add(new Cost("l5pc-streaming", cells, cells, 1000, 4e-4 * cells, 1e-4 * cells, 1e-4 * cells));
      report.add(new Cost("l5pc-cnn-lstm", cells, cells, 1000, 4e-2 * cells, 1e-4 * cells, 1e-4 * cells));
    }
    return report.html();
  }

  // Spikes, and the same a little later.
  private static Run run(SplittableRandom random, int spikes) {
    double[] truth = new double[500];
    double[] predicted = new double[500];
    double[] at = random.doubles(spikes, 20, 480).map(Math::rint).sorted().distinct().toArray();
    double[] late = Arrays.stream(at).map(t -> t + random.nextInt(3)).toArray();
    for (int t = 0; t < truth.length; t++) {
      truth[t] = -70 + 5 * Math.sin(t / 30.0);
      predicted[t] = truth[t] + random.nextDouble();
    }
    for (int s = 0; s < at.length; s++) {
      truth[(int) at[s]] = 30;
      predicted[(int) late[s]] = 28;
    }
    return new Run(truth, predicted, at, late, predicted);
  }
}
