package io.galvani.training;

import io.galvani.cable.CableOptions;
import io.galvani.device.cpu.CpuDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A protocol of the point cell that takes no time. */
public final class TestProtocol {
  public static final String TEXT = """
      about: short
      cell: ball
      sample: 1
      scale: {from: 0, to: 4}
      inputs:
        exc: {slots: exc, rate: 80}
        inh: {slots: inh, rate: 30}
      outputs:
        v: soma(0.5).v
        ina: soma(0.5).ina
      spikes: {threshold: -20}
      runs:
        training: {traces: 70, ms: 600, silent: 20, seed: 1}
        validation: {traces: 8, warmup: 100, ms: 300, seed: 2}
        test: {traces: 8, warmup: 100, ms: 300, seed: 3}
      """;

  private TestProtocol() {}

  /** Its runs for training, which are kept in a directory. */
  public static List<Traces> training(Path directory) throws IOException {
    var p = get();
    return Dataset.make(directory, p, CpuDevice.get(), CableOptions.of(p.compile()), "test", ms -> { }).read(Protocol.Use.TRAINING);
  }

  public static Protocol get() {
    return Protocol.read("short.yaml", "short", TEXT);
  }
}
