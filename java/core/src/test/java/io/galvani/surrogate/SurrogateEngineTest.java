package io.galvani.surrogate;

import io.galvani.device.Device;
import io.galvani.device.cpu.CpuDevice;

/** The surrogate engine on the CPU. */
class SurrogateEngineTest extends SurrogateEngineCases {
  @Override
  Device device() {
    return CpuDevice.get();
  }

  @Override
  int steps(int steps, long weights) {
    return steps;
  }

  @Override
  int seeds() {
    return 150;
  }
}
