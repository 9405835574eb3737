package io.galvani.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.GalvaniException;
import io.galvani.device.cuda.Cuda;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import jcuda.jcudnn.JCudnn;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class CudnnLstmTest {
  @Test
  void loadsAndDescribesTheLayersOrItsAbsenceIsOneSentence() {
    if (CudnnLstm.absence().isPresent()) {
      assertEquals("there is no cuDNN 9 (libcudnn.so.9)", CudnnLstm.absence().get());
      assertEquals(CudnnLstm.absence().get(), assertThrows(GalvaniException.class, () -> new CudnnLstm(1)).getMessage());
      return;
    }
    assertTrue(JCudnn.cudnnGetVersion() >= 90000);
    for (int cells : new int[] {1, 5000}) {
      new CudnnLstm(cells).close();
    }
  }

  @Test
  void withoutAGpuItSaysThatItIsSkipped() {
    Assumptions.assumeTrue(Cuda.absence().isPresent(), "there is a GPU");
    var bytes = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      CudnnLstm.main(new String[0]);
    } finally {
      System.setOut(before);
    }
    assertEquals("skipped: " + Cuda.absence().get() + System.lineSeparator(), bytes.toString(StandardCharsets.UTF_8));
  }
}
