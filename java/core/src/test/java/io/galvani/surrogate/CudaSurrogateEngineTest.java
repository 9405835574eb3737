package io.galvani.surrogate;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.device.Device;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.device.cuda.NeedsGpu;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The surrogate engine on a GPU. */
@NeedsGpu
class CudaSurrogateEngineTest extends SurrogateEngineCases {
  @Override
  Device device() {
    return CudaDevice.get();
  }

  @Override
  int steps(int steps, long weights) {
    return NeedsGpu.WATCHED ? Math.min(steps, 3) : steps;
  }

  @Override
  int seeds() {
    return NeedsGpu.WATCHED ? 12 : 60;
  }
}
