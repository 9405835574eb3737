package io.galvani.bench.surrogate;

import io.galvani.device.cpu.CpuDevice;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.SurrogatePrecision;
import java.util.List;

/** What runs networks: frameworks, and our own engine in float32 and bfloat16. */
public enum Runner {
  ONNX_RUNTIME("ONNX Runtime", true),
  TENSORFLOW("TensorFlow", true),
  ONNX_INCREMENTAL("ONNX Runtime, incremental", false),
  GALVANI("Galvani", false),
  GALVANI_BF16("Galvani bf16", false);

  /** Others than us: all are compared with these. */
  static final List<Runner> PEERS = List.of(ONNX_RUNTIME, TENSORFLOW, ONNX_INCREMENTAL);

  private final String title;
  private final boolean whole;

  Runner(String title, boolean whole) {
    this.title = title;
    this.whole = whole;
  }

  /** Whether it computes a whole window at each step, as frameworks do. */
  public boolean isWhole() {
    return whole;
  }

  /** Cells at rest, on so many threads. TensorFlow has one number of threads in a process: that of the first. */
  public Stepper open(Network network, int cells, int threads) {
    return switch (this) {
      case ONNX_RUNTIME -> new OnnxStepper(network, cells, threads);
      case TENSORFLOW -> new TensorFlowStepper(network, cells, threads);
      case ONNX_INCREMENTAL -> new IncrementalStepper(network, cells, threads);
      case GALVANI -> new EngineStepper(CpuDevice.get(), network, cells, threads, SurrogatePrecision.F32);
      case GALVANI_BF16 -> new EngineStepper(CpuDevice.get(), network, cells, threads, SurrogatePrecision.BF16);
    };
  }

  @Override
  public String toString() {
    return title;
  }
}
