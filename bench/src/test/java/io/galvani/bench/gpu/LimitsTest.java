package io.galvani.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.bench.Cases;
import io.galvani.bench.Cases.Case;
import io.galvani.cable.Mode;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.cuda.CudaStrategy;
import io.galvani.surrogate.Plan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class LimitsTest {
  private static final Path ROOT = Path.of(System.getProperty("galvani.root"));

  /** The tables of {@code kernels/README.md} are what counts, registers and data sheets give. */
  @Test
  void tablesAreThoseOfTheReadme() throws Exception {
    compare("limits", new Limits(ROOT).markdown());
    compare("surrogates", new SurrogateLimits(Plan.of(SurrogateLimits.paper())).markdown());
  }

  private static void compare(String name, String tables) throws Exception {
    String first = "<!-- " + name + ": begin -->\n";
    String last = "<!-- " + name + ": end -->\n";
    Path file = ROOT.resolve("kernels/README.md");
    String readme = Files.readString(file);
    int begin = readme.indexOf(first) + first.length();
    int end = readme.indexOf(last);
    assertTrue(begin >= first.length() && end >= begin, "kernels/README.md has no " + first.strip() + " … " + last.strip());
    if ("limits".equals(System.getProperty("galvani.update"))) {
      Files.writeString(file, readme.substring(0, begin) + tables + readme.substring(end));
      return;
    }
    assertEquals(readme.substring(begin, end), tables, "of kernels/README.md and of the counts; if that is what you want:"
        + " ./mvnw -pl bench -am test -Dtest=LimitsTest -Dgalvani.update=limits -Dsurefire.failIfNoSpecifiedTests=false");
  }

  /** By hand, as the paper's cost is worked out: what is added to the least is what looking ahead computes of columns not yet known. */
  @Test
  void theWorkOfASurrogateIsThatOfItsLayers() {
    var limits = new SurrogateLimits(Plan.of(SurrogateLimits.paper()));
    double square = 4.0 * 128 * 128;
    double least = 3 * 512 + 5 * 512 * 256 + 5 * 256 * 128 + 64 * 128 * 512 + (4 + 2 * 9) * square
        + 5 * (128 * 128 + 128 * 100 + 3 * 100 * 100) + 100;
    double ahead = (63 + 8.5 - 64) * 128 * 512;
    assertEquals(least + ahead, limits.whole().multiplyAdds(), 1);
    assertEquals(Card.ALL.getFirst().teraflops32() * 1e12 / 2 / (least + ahead), limits.rate(Card.ALL.getFirst()), 1);
  }

  /** By hand: a limit is work over rate, and each is lower on the lesser card. */
  @Test
  void aLimitIsWorkOverRate() throws Exception {
    var limits = new Limits(ROOT);
    Case c200 = Cases.ALL.stream().filter(c -> c.name().equals("c200")).findFirst().orElseThrow();
    Card h100 = Card.ALL.get(1);
    Card h200 = Card.ALL.get(2);
    var there = limits.bounds(c200, CudaStrategy.LEVEL, new Mode(Precision.MIXED, Rates.EXACT), h100);
    assertTrue(there.getFirst().rate() <= there.getLast().rate());
    // 6 gates of 4 bytes and v of 8, in and out, in 40 steps; 209 nodes carry the 197 compartments.
    double bytes = 2 * (209.0 / 197 * 8 + 3 * 4) / 40;
    double expected = h100.terabytes() * 1e12 / bytes;
    double found = there.stream().filter(b -> b.name().equals("device memory")).findFirst().orElseThrow().rate();
    assertEquals(expected, found, 0.05 * expected, () -> String.format(Locale.ROOT, "nodes: %d", c200.cell().nodes().count()));
    var elsewhere = limits.bounds(c200, CudaStrategy.THREAD, Mode.REFERENCE, h200).getFirst();
    assertTrue(elsewhere.rate() >= limits.bounds(c200, CudaStrategy.THREAD, Mode.REFERENCE, h100).getFirst().rate());
    assertEquals(67, h100.teraflops32(), 0.5);
    assertEquals(19.5, Card.ALL.getFirst().teraflops32(), 0.1);
    assertEquals(82.6, Card.ALL.get(3).teraflops32(), 0.1);
  }
}
