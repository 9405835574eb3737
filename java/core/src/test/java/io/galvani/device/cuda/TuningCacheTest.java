package io.galvani.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.cable.Precision;
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
  private static final Key KEY = new Key("GPU", "CUDA 12.4, driver 550.1", Precision.MIXED, "cell", 1000);

  @TempDir
  Path dir;
  private final List<String> warnings = new ArrayList<>();
  private TuningCache cache;

  @BeforeEach
  void open() {
    cache = new TuningCache(dir.resolve("galvani"), warnings::add);
  }

  private static StepChoice shipped(int strategy, int log2) {
    return new StepChoice(StepKernel.shipped(Precision.MIXED).get(strategy), log2);
  }

  /** A kernel as kernels/tuning.sh would build it: the text of one that ships, under another name. */
  private static StepKernel built(StepVariant variant) {
    Ptx ptx = Ptx.packaged("cable_mixed");
    String name = "cable_" + StepKernel.name(variant, Precision.MIXED);
    return StepKernel.built(variant, Precision.MIXED, Ptx.parse("test", ptx.text().replaceFirst("cable_mixed", name)
        .replaceAll("\\bcable_level_mixed\\b", name)));
  }

  @Test
  void variantsAreKnownByName() {
    for (String name : List.of("level_256x3", "stream_128x6", "thread_128x4")) {
      assertEquals(name, StepVariant.parse(name).toString());
    }
    assertEquals(new StepVariant(CudaStrategy.LEVEL, 128, 6), StepVariant.parse("level_128x6"));
    for (String name : List.of("", "level", "256x3", "warp_256x3", "level_256", "level_0x3", "LEVEL_256x3", "level_100x2", "level_1024x3")) {
      var e = assertThrows(InputException.class, () -> StepVariant.parse(name), name);
      assertTrue(e.getMessage().startsWith("variant: "), e.getMessage());
    }
    for (Precision p : Precision.values()) {
      List<StepKernel> ship = StepKernel.shipped(p);
      assertEquals(List.of(CudaStrategy.values()), ship.stream().map(k -> k.variant().strategy()).toList());
      assertTrue(ship.stream().allMatch(StepKernel::ships));
    }
  }

  @Test
  void whatWasFoundBestIsFoundAgain() {
    assertEquals(Optional.empty(), cache.find(KEY));
    cache.keep(KEY, shipped(0, 2));
    cache.keep(new Key("GPU", KEY.driver(), Precision.MIXED, "cell", 100), shipped(1, 3));
    assertEquals(Optional.of(shipped(0, 2)), cache.find(KEY));
    cache.keep(KEY, shipped(2, 5));
    assertEquals(Optional.of(shipped(2, 5)), cache.find(KEY), "in place of the earlier one");
    assertEquals(Optional.of(shipped(1, 3)), cache.find(new Key("GPU", KEY.driver(), Precision.MIXED, "cell", 199)), "about as many cells");
    assertEquals(Optional.empty(), cache.find(new Key("GPU", KEY.driver(), Precision.MIXED, "cell", 300)));
    assertEquals(Optional.of(shipped(2, 5)), cache.find(new Key("GPU", KEY.driver(), Precision.MIXED, "cell", 2000)));
    for (Key other : List.of(new Key("other", KEY.driver(), Precision.MIXED, "cell", 1000),
        new Key("GPU", "other", Precision.MIXED, "cell", 1000),
        new Key("GPU", KEY.driver(), Precision.F32, "cell", 1000), new Key("GPU", KEY.driver(), Precision.MIXED, "other", 1000))) {
      assertEquals(Optional.empty(), cache.find(other), other.toString());
    }
    assertEquals(List.of(), warnings);
  }

  @Test
  void aKernelThatDoesNotShipIsKeptWithTheChoice() throws Exception {
    StepKernel kernel = built(StepVariant.parse("level_128x6"));
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
  void choicesAmongOtherKernelsAreForgotten() throws Exception {
    cache.keep(KEY, shipped(0, 2));
    Path file = dir.resolve("galvani/tuning.json");
    Files.writeString(file, Files.readString(file).replaceFirst("\"kernels\" : \"..", "\"kernels\" : \"00"));
    assertEquals(Optional.empty(), cache.find(KEY));
    cache.keep(new Key("GPU", "d", Precision.MIXED, "c", 1), shipped(1, 0));
    assertFalse(Files.readString(file).contains("\"kernels\" : \"00"));
    assertEquals(List.of(), warnings);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "{\"version\": 1}", "{\"version\": 2, \"choices\": []}",
      "{\"version\": 1, \"choices\": [null]}",
      "{\"version\": 1, \"choices\": [{}]}", "{\"version\": 1, \"choices\": [{\"key\": {\"gpu\": \"g\", \"driver\": \"d\", \"precision\": "
          + "\"MIXED\", \"cell\": \"c\", \"cells\": 1}, \"kernels\": \"k\", \"variant\": \"level_7x3\", \"log2\": 1}]}"})
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
    assertEquals(128, PackShape.of(StepVariant.parse("level_128x6"), 3, demand).threads());
  }
}
