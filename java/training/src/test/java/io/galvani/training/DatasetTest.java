package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Precision;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.training.Protocol.Use;
import io.jhdf.HdfFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetTest {
  @TempDir Path dir;
  private final Protocol protocol = TestProtocol.get();
  private final CableOptions options = CableOptions.of(protocol.compile());

  private Dataset make(LongConsumer progress) throws IOException {
    return Dataset.make(dir.resolve("data"), protocol, CpuDevice.get(), options, "test", progress);
  }

  @Test
  void whatIsReadIsWhatWasRun() throws IOException {
    long[] last = new long[1];
    var data = make(ms -> last[0] = ms);
    assertEquals(Dataset.milliseconds(protocol), last[0]);
    var training = data.read(Use.TRAINING);
    assertEquals(2, training.size());
    assertEquals(64, training.get(0).count());
    assertEquals(6, training.get(1).count());
    var again = new DirectRuns(protocol, protocol.compile(), CpuDevice.get(), options).run(Use.TRAINING, 64, 6, row -> { });
    assertArrayEquals(EventCounts.dense(again.events()), EventCounts.dense(training.get(1).events()));
    assertArrayEquals(again.outputs(), training.get(1).outputs());
    assertArrayEquals(again.spikes(), training.get(1).spikes());
    try (var h5 = new HdfFile(dir.resolve("data/test-0000.h5"))) {
      assertArrayEquals(new String[] {"v", "ina"}, (String[]) h5.getDatasetByPath("outputs").getAttribute("names").getData());
      assertArrayEquals(new String[] {"exc", "inh"}, (String[]) h5.getDatasetByPath("events").getAttribute("channels").getData());
      assertEquals(1.0, h5.getAttribute("sample_ms").getData());
    }
  }

  /** Killed in the second block: the first stays, the rest follows, and all is as if it had never happened. */
  @Test
  void aRunThatWasKilledGoesOn() throws IOException {
    assertThrows(IllegalStateException.class, () -> make(ms -> {
      if (ms > 64 * 600) {
        throw new IllegalStateException("killed");
      }
    }));
    Path first = dir.resolve("data/training-0000.h5");
    var written = Files.getLastModifiedTime(first);
    assertTrue(Files.notExists(dir.resolve("data/training-0001.h5")));
    make(ms -> { });
    assertEquals(written, Files.getLastModifiedTime(first));
    byte[] manifest = Files.readAllBytes(dir.resolve("data/manifest.json"));
    byte[] last = Files.readAllBytes(dir.resolve("data/test-0000.h5"));
    try (var files = Files.list(dir.resolve("data"))) {
      assertEquals(5, files.peek(f -> f.toFile().delete()).count());
    }
    make(ms -> { });
    assertArrayEquals(manifest, Files.readAllBytes(dir.resolve("data/manifest.json")));
    assertArrayEquals(last, Files.readAllBytes(dir.resolve("data/test-0000.h5")));
  }

  @Test
  void otherOrDamagedDataAreRefused() throws IOException {
    var data = make(ms -> { });
    var e = assertThrows(InputException.class,
        () -> Dataset.make(dir.resolve("data"), protocol, CpuDevice.get(), options.precision(Precision.MIXED), "test", ms -> { }));
    assertTrue(e.getMessage().contains("manifest.json:precision: the data there were made with \"f64\", these are of \"mixed\""),
        e.getMessage());
    Path block = dir.resolve("data/validation-0000.h5");
    byte[] bytes = Files.readAllBytes(block);
    bytes[bytes.length / 2] ^= 1;
    Files.write(block, bytes);
    assertTrue(assertThrows(InputException.class, () -> data.read(Use.VALIDATION)).getMessage().contains("its hash is another"));
    Files.delete(block);
    assertTrue(assertThrows(InputException.class, () -> data.read(Use.VALIDATION)).getMessage().contains("there is no such file"));
  }
}
