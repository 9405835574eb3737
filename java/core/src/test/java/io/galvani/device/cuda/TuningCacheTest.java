package io.galvani.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.cuda.TuningCache.Key;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TuningCacheTest {
  private static final Key KEY = new Key("GPU", "CUDA 12.4, driver 550.1", Precision.MIXED, Rates.EXACT, "cell", 1000);

  @TempDir
  Path dir;
  private final List<String> warnings = new ArrayList<>();
  private TuningCache cache;

  @BeforeEach
  void open() {
    cache = new TuningCache(dir.resolve("galvani"), warnings::add);
  }

  private static StepChoice shipped(int strategy, int log2) {
    return new StepChoice(StepKernel.shipped(Precision.MIXED, Rates.EXACT).get(strategy), log2);
  }

  /** A kernel as kernels/tuning.sh would build it: the text of one that ships, under another name. */
  static StepKernel built(StepVariant variant, Precision precision) {
    StepKernel ships = StepKernel.shipped(variant.strategy(), precision, variant.rates());
    String name = "cable_" + StepKernel.name(variant, precision);
    String text = ships.ptx().text();
    int begin = text.indexOf(".visible .entry " + ships.entry() + "(");
    String entry = text.substring(begin, text.indexOf("\n}\n", begin) + 3).replace(ships.entry(), name);
    String head = text.substring(0, text.indexOf(".visible .entry ")).replaceFirst(ships.ptx().name(), name);
    return StepKernel.built(variant, precision, Ptx.parse("test", head + entry));
  }

  @Test
  void variantsAreKnownByName() {
    for (String name : List.of("level_256x3", "stream_128x6", "thread_128x4", "level_256x3_lanes64", "stream_64x1_lanes1_poly",
        "thread_128x4_poly", "level_256x3_cells4", "stream_256x2_cells32_lanes8_poly", "thread_128x4_cells128")) {
      assertEquals(name, StepVariant.parse(name).toString());
    }
    assertEquals(new StepVariant(CudaStrategy.LEVEL, 128, 6, 0, 0, Rates.EXACT), StepVariant.parse("level_128x6"));
    assertEquals(new StepVariant(CudaStrategy.STREAM, 256, 2, 8, 16, Rates.POLY), StepVariant.parse("stream_256x2_cells8_lanes16_poly"));
    for (String name : List.of("", "level", "256x3", "warp_256x3", "level_256", "level_0x3", "LEVEL_256x3", "level_100x2", "level_1024x3",
        "level_256x3_lanes12", "level_256x3_lanes0", "level_32x3_lanes64", "thread_128x4_lanes2", "level_256x3_poly_lanes2", "level_256x3_exact",
        "level_256x3_cells3", "level_256x3_cells0", "level_256x3_cells64", "thread_128x4_cells16", "thread_64x4_cells128",
        "level_256x3_lanes2_cells4")) {
      var e = assertThrows(InputException.class, () -> StepVariant.parse(name), name);
      assertTrue(e.getMessage().startsWith("variant: "), e.getMessage());
    }
    for (Precision p : Precision.values()) {
      for (Rates r : Rates.values()) {
        List<StepKernel> ship = StepKernel.shipped(p, r);
        assertEquals(List.of(CudaStrategy.values()), ship.stream().map(k -> k.variant().strategy()).toList());
        assertTrue(ship.stream().allMatch(k -> k.ships() && k.variant().rates() == r && k.variant().lanes() == 0 && k.variant().cells() == 0));
      }
    }
  }

  @Test
  void whatWasFoundBestIsFoundAgain() {
    assertEquals(Optional.empty(), cache.find(KEY));
    cache.keep(KEY, shipped(0, 2));
    cache.keep(new Key("GPU", KEY.driver(), Precision.MIXED, Rates.EXACT, "cell", 100), shipped(1, 3));
    assertEquals(Optional.of(shipped(0, 2)), cache.find(KEY));
    cache.keep(KEY, shipped(2, 5));
    assertEquals(Optional.of(shipped(2, 5)), cache.find(KEY), "in place of the earlier one");
    assertEquals(Optional.of(shipped(1, 3)), cache.find(new Key("GPU", KEY.driver(), Precision.MIXED, Rates.EXACT, "cell", 199)), "about as many cells");
    assertEquals(Optional.empty(), cache.find(new Key("GPU", KEY.driver(), Precision.MIXED, Rates.EXACT, "cell", 300)));
    assertEquals(Optional.of(shipped(2, 5)), cache.find(new Key("GPU", KEY.driver(), Precision.MIXED, Rates.EXACT, "cell", 2000)));
    for (Key other : List.of(new Key("other", KEY.driver(), Precision.MIXED, Rates.EXACT, "cell", 1000),
        new Key("GPU", "other", Precision.MIXED, Rates.EXACT, "cell", 1000),
        new Key("GPU", KEY.driver(), Precision.F32, Rates.EXACT, "cell", 1000), new Key("GPU", KEY.driver(), Precision.MIXED, Rates.EXACT, "other", 1000))) {
      assertEquals(Optional.empty(), cache.find(other), other.toString());
    }
    assertEquals(List.of(), warnings);
  }

  @Test
  void aKernelThatDoesNotShipIsKeptWithTheChoice() throws Exception {
    StepKernel kernel = built(StepVariant.parse("level_128x6"), Precision.MIXED);
    assertFalse(kernel.ships());
    cache.keep(KEY, new StepChoice(kernel, 1));
    StepChoice found = cache.find(KEY).orElseThrow();
    assertEquals("level_128x6, packs of 2", found.toString());
    assertEquals(kernel.ptx().text(), found.kernel().ptx().text());

    Path file;
    try (var files = Files.walk(dir)) {
      file = files.filter(f -> f.toString().endsWith(".ptx")).findFirst().orElseThrow();
    }
    Files.writeString(file, kernel.ptx().text().replaceFirst("// sources: ..", "// sources: 00"));
    assertEquals(Optional.empty(), cache.find(KEY));
    assertTrue(warnings.getLast().contains("level_128x6 is not used") && warnings.getLast().contains("other sources"), warnings.toString());
    Files.delete(file);
    assertEquals(Optional.empty(), cache.find(KEY));
    assertEquals(2, warnings.size());
  }

  @Test
  void kernelsOfOtherSourcesAreRefused() {
    Ptx ptx = Ptx.packaged("cable_mixed");
    assertThrows(GalvaniException.class, () -> StepKernel.built(StepVariant.parse("level_128x6"), Precision.F32, ptx));
    assertThrows(InputException.class, () -> StepKernel.built(StepVariant.parse("level_128x6"), Precision.MIXED, ptx));
  }

  @Test
  void exactAndPolynomialRatesAreKeptApart() {
    var poly = new Key("GPU", KEY.driver(), Precision.MIXED, Rates.POLY, "cell", 1000);
    cache.keep(KEY, shipped(0, 2));
    assertEquals(Optional.empty(), cache.find(poly));
    var choice = new StepChoice(built(StepVariant.parse("stream_256x2_lanes64_poly"), Precision.MIXED), 1);
    cache.keep(poly, choice);
    assertEquals(choice, cache.find(poly).orElseThrow());
    assertEquals(Optional.of(shipped(0, 2)), cache.find(KEY));
  }

  @Test
  void choicesAmongOtherKernelsAreForgotten() throws Exception {
    cache.keep(KEY, shipped(0, 2));
    Path file = dir.resolve("galvani/tuning.json");
    Files.writeString(file, Files.readString(file).replaceFirst("\"kernels\" : \"..", "\"kernels\" : \"00"));
    assertEquals(Optional.empty(), cache.find(KEY));
    cache.keep(new Key("GPU", "d", Precision.MIXED, Rates.EXACT, "c", 1), shipped(1, 0));
    assertFalse(Files.readString(file).contains("\"kernels\" : \"00"));
    assertEquals(List.of(), warnings);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "{\"version\": 2}", "{\"version\": 1, \"choices\": []}",
      "{\"version\": 2, \"choices\": [null]}",
      "{\"version\": 2, \"choices\": [{}]}", "{\"version\": 2, \"choices\": [{\"key\": {\"gpu\": \"g\", \"driver\": \"d\", \"precision\": "
          + "\"MIXED\", \"rates\": \"EXACT\", \"cell\": \"c\", \"cells\": 1}, \"kernels\": \"k\", \"variant\": \"level_7x3\", \"log2\": 1}]}"})
  void aDamagedFileIsAsGoodAsNone(String content) throws Exception {
    Path file = Files.createDirectories(dir.resolve("galvani")).resolve("tuning.json");
    Files.writeString(file, content);
    assertEquals(Optional.empty(), cache.find(KEY));
    assertEquals(1, warnings.size());
    assertTrue(warnings.getFirst().startsWith(file + " is ignored: ") && warnings.getFirst().lines().count() == 1, warnings.getFirst());
    cache.keep(KEY, shipped(0, 2));
    assertEquals(Optional.of(shipped(0, 2)), cache.find(KEY));
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamed() throws Exception {
    Path file = Files.writeString(dir.resolve("file"), "");
    var e = assertThrows(GalvaniException.class, () -> new TuningCache(file, warnings::add).keep(KEY, shipped(0, 2)));
    assertTrue(e.getMessage().contains(file.toString()) && e.getMessage().contains("-Dgalvani.cache"), e.getMessage());
  }

  @Test
  void packsThatAreTriedFit() {
    var demand = new PackShape.Demand(5456, 2364, 209);
    assertEquals(List.of(0, 1, 2, 3, 4), PackShape.sizes(StepVariant.parse("level_256x3"), demand, 1000, 163 << 10));
    assertEquals(List.of(0, 1, 2), PackShape.sizes(StepVariant.parse("level_256x3"), demand, 3, 163 << 10));
    assertEquals(List.of(5, 6, 7), PackShape.sizes(StepVariant.parse("thread_128x4"), demand, 1000, 163 << 10));
    assertEquals(List.of(5, 6), PackShape.sizes(StepVariant.parse("thread_64x8"), demand, 1000, 163 << 10));
    assertEquals(List.of(), PackShape.sizes(StepVariant.parse("level_256x3"), demand, 1000, 4 << 10));
    assertEquals(List.of(2), PackShape.sizes(StepVariant.parse("level_256x3_cells4"), demand, 1000, 163 << 10));
    assertEquals(List.of(), PackShape.sizes(StepVariant.parse("level_256x3_cells4"), demand, 1000, 16 << 10));
    assertEquals(List.of(7), PackShape.sizes(StepVariant.parse("thread_128x4_cells128"), demand, 1000, 163 << 10));
    assertEquals(128, PackShape.of(StepVariant.parse("level_128x6"), 3, demand).threads());
    assertEquals(List.of(0, 1, 2), PackShape.sizes(StepVariant.parse("level_256x3_lanes64"), demand, 1000, 163 << 10), "a thread for each lane");
    var small = new PackShape.Demand(100, 24, 3);
    assertEquals(32, PackShape.of(StepVariant.parse("level_256x3"), 1, small).threads());
    assertEquals(128, PackShape.of(StepVariant.parse("level_256x3_lanes64"), 1, small).threads(), "a thread for each lane");
    assertEquals(16, PackShape.of(StepVariant.parse("level_256x3"), 1, small).lanes());
    assertEquals(64, PackShape.of(StepVariant.parse("level_256x3_lanes64"), 1, small).lanes());
  }
}
