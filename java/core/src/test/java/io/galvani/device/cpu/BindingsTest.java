package io.galvani.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.galvani.device.cpu.abi.Galvani;
import io.galvani.device.cpu.abi.gv_column_step;
import io.galvani.device.cpu.abi.gv_layer;
import io.galvani.device.cpu.abi.gv_options;
import io.galvani.device.cpu.abi.gv_output;
import io.galvani.device.cpu.abi.gv_probe;
import io.galvani.device.cpu.abi.gv_stage;
import io.galvani.surrogate.Activation;
import io.galvani.surrogate.SurrogatePrecision;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The generated bindings against the library that was built and the header it was built from. */
class BindingsTest {
  @BeforeAll
  static void load() {
    NativeLibrary.load();
  }

  private static String header() throws IOException {
    return Files.readString(Path.of(System.getProperty("galvani.root"), "native", "include", "galvani.h"));
  }

  private static List<MatchResult> inHeader(String pattern) throws IOException {
    return Pattern.compile(pattern).matcher(header()).results().toList();
  }

  @Test
  void structuresLieAsTheLibraryHasThem() {
    long[] expected = Stream.of(gv_options.layout(), gv_probe.layout(), gv_layer.layout(), gv_stage.layout(), gv_column_step.layout(), gv_output.layout())
        .flatMapToLong(BindingsTest::layout).toArray();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment actual = arena.allocate(ValueLayout.JAVA_LONG, expected.length);
      assertEquals(expected.length, Galvani.gv_abi_layout(expected.length, actual));
      assertArrayEquals(expected, actual.toArray(ValueLayout.JAVA_LONG));
    }
  }

  /** Size, then the offset of each field. */
  private static LongStream layout(GroupLayout structure) {
    return LongStream.concat(LongStream.of(structure.byteSize()), structure.memberLayouts().stream()
        .flatMap(member -> member.name().stream())
        .mapToLong(name -> structure.byteOffset(PathElement.groupElement(name))));
  }

  @Test
  void everyFunctionOfTheHeaderIsBoundAndInTheLibrary() throws Exception {
    var declared = new TreeSet<String>();
    inHeader("\\b(gv_[a-z_0-9]+)\\(").forEach(m -> declared.add(m.group(1)));
    var bound = new TreeSet<String>();
    for (Method m : Galvani.class.getMethods()) {
      if (m.getName().endsWith("$address")) {
        assertNotEquals(MemorySegment.NULL, m.invoke(null), m.getName());
        bound.add(m.getName().replace("$address", ""));
      }
    }
    assertFalse(declared.isEmpty());
    assertEquals(declared, bound);
  }

  @Test
  void constantsAreThoseOfTheHeader() throws Exception {
    var constants = inHeader("\\b(GV_[A-Z_0-9]+) = (-?\\d+)");
    assertFalse(constants.isEmpty());
    for (MatchResult m : constants) {
      assertEquals(Integer.parseInt(m.group(2)), Galvani.class.getMethod(m.group(1)).invoke(null), m.group(1));
    }
    assertEquals(Galvani.GV_ABI_VERSION(), Galvani.gv_abi_version());
    assertEquals(Integer.parseInt(inHeader("#define GV_ABI_VERSION (\\d+)").getFirst().group(1)), Galvani.GV_ABI_VERSION());
  }

  /** Java's enumerations are passed by their ordinals. */
  @Test
  void enumerationsHaveTheNumbersOfTheHeader() {
    assertEquals(List.of(Galvani.GV_F64(), Galvani.GV_MIXED(), Galvani.GV_F32()), numbers(io.galvani.cable.Precision.values()));
    assertEquals(List.of(Galvani.GV_EXACT(), Galvani.GV_POLY()), numbers(io.galvani.cable.Rates.values()));
    assertEquals(List.of(Galvani.GV_VOLTAGE(), Galvani.GV_STATE(), Galvani.GV_SODIUM(), Galvani.GV_POTASSIUM(), Galvani.GV_CALCIUM(),
        Galvani.GV_CAI(), Galvani.GV_ECA(), Galvani.GV_POINT_CURRENT()), numbers(io.galvani.cable.CableModel.Quantity.values()));
    assertEquals(List.of(Galvani.GV_CM(), Galvani.GV_RI()), List.of(io.galvani.cable.CableModel.CM, io.galvani.cable.CableModel.RI));
    assertEquals(List.of(Galvani.GV_NUMBERS_F64(), Galvani.GV_NUMBERS_F32(), Galvani.GV_NUMBERS_BF16()), numbers(SurrogatePrecision.values()));
    assertEquals(List.of(Galvani.GV_LINEAR(), Galvani.GV_RELU(), Galvani.GV_TANH(), Galvani.GV_SIGMOID(), Galvani.GV_SELU()),
        numbers(Activation.values()));
    assertEquals(List.of(Galvani.GV_BASELINE(), Galvani.GV_AVX2(), Galvani.GV_AVX512()), numbers(InstructionSet.values()));
  }

  private static List<Integer> numbers(Enum<?>[] values) {
    return Arrays.stream(values).map(Enum::ordinal).toList();
  }
}
