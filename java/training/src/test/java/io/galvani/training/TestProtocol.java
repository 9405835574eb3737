package io.galvani.training;

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

  public static Protocol get() {
    return Protocol.read("short.yaml", "short", TEXT);
  }
}
