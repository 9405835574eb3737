package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import io.galvani.InputException;
import io.galvani.io.YamlMap;
import java.io.IOException;
import java.io.StringReader;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What nobody meant to be a surrogate: each is read or refused in one sentence, in bounded time and memory. Jazzer takes one of these tests
 * a JVM; the executions {@code fuzz-…} of the build run them.
 */
@Tag("fuzz")
class ImportersFuzzTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final Path KERAS = Path.of("fuzz.h5");
  private static final long MEMORY = 128 << 20; // bytes
  private static final long MEMORY_A_BYTE = 1000;

  @Tag("fuzz-keras")
  @MethodSource
  @FuzzTest
  void keras(byte[] content) throws IOException {
    Path file = Files.write(KERAS, content);
    bounded(content.length, () -> KerasFile.read(file));
  }

  /** Whole models and weights alone as jhdf writes them; those that Keras' own library writes are among the resources. */
  static Stream<byte[]> keras() throws IOException {
    return KerasFileTest.examples();
  }

  @Tag("fuzz-surrogate")
  @MethodSource
  @FuzzTest
  void surrogate(byte[] content) {
    var file = Path.of("fuzz.safetensors"); // not written: what is mapped stays so until it is collected
    bounded(content.length, () -> SurrogateFile.read(file, Safetensors.read(file, MemorySegment.ofArray(content))));
  }

  static Stream<byte[]> surrogate() throws IOException {
    Path file = Files.createTempFile("galvani-fuzz", ".safetensors");
    try {
      SurrogateFile.write(file, TestNetworks.surrogate());
      return Stream.of(Files.readAllBytes(file));
    } finally {
      Files.delete(file);
    }
  }

  /** The first byte says what the rest is. */
  @Tag("fuzz-description")
  @MethodSource
  @FuzzTest
  void description(byte[] description) {
    if (description.length > 0) {
      String text = new String(description, 1, description.length - 1, StandardCharsets.UTF_8);
      bounded(description.length, () -> {
        var s = described(description[0] == 'j' ? YamlMap.readJson("fuzz", text) : YamlMap.read("fuzz", new StringReader(text)));
        assertEquals(s, described(YamlMap.readJson("again", DescriptionWriter.write(s))));
      });
    }
  }

  static Stream<byte[]> description() throws IOException {
    String yaml = ReadmeDescription.text();
    var s = described(YamlMap.read("README", new StringReader(yaml)));
    return Stream.of("y" + yaml, "j" + DescriptionWriter.write(s)).map(t -> t.getBytes(StandardCharsets.UTF_8));
  }

  private static Surrogate described(YamlMap description) {
    return DescriptionReader.read("fuzz", description, "weights", ReadmeDescription.weights());
  }

  private static void bounded(int length, Runnable importer) {
    long bound = MEMORY + MEMORY_A_BYTE * length;
    long memory = memory(importer);
    for (int again = 0; memory >= bound && again < 10; again++) { // the first times it is that of classes, loaded and changed by Jazzer
      memory = memory(importer);
    }
    assertTrue(memory < bound, memory + " bytes were asked for, to read " + length);
  }

  /** Bytes that an importer asks for. */
  private static long memory(Runnable importer) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      importer.run();
    } catch (InputException e) {
      assertEquals(1, e.getMessage().lines().count(), e.getMessage());
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }
}
