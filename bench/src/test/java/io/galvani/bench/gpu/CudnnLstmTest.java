package io.galvani.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.GalvaniException;
import jcuda.jcudnn.JCudnn;
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
}
