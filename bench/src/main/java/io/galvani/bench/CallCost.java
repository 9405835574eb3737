package io.galvani.bench;

import io.galvani.cable.Mode;
import io.galvani.device.cpu.abi.Galvani;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.Warmup;

/** What crossing into the native library costs: the emptiest call, and the shortest useful one. */
@Warmup(iterations = 5, time = 1)  // here Java is timed, and compiled late
public class CallCost extends PopulationBenchmark {
  @Setup
  public void open() {
    open(Cases.load("singlex1"), Mode.ALL.getFirst(), o -> o);
  }

  /** A call that does nothing. */
  @Benchmark
  public int abiVersion() {
    return Galvani.gv_abi_version();
  }

  /** One step of one compartment, with all that {@link io.galvani.Population#advance} does around it. */
  @Benchmark
  public void oneStep() {
    advanceOneStep();
  }
}
