package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.Device;
import io.galvani.device.cpu.CpuDevice;
import java.util.List;
import picocli.CommandLine.Option;

/** Which engine integrates, shared by the commands that run cells. */
final class EngineOptions {
  private static final List<String> DEVICES = List.of("cpu");

  @Option(names = "--precision", paramLabel = "f64|mixed|f32", defaultValue = "f64",
      description = "Floats: all float64; gates and conductances float32; all float32. Default: ${DEFAULT-VALUE}")
  Precision precision;

  @Option(names = "--rates", paramLabel = "exact|poly", defaultValue = "exact",
      description = "Rates of gates: the functions themselves, or polynomials with a bounded error."
          + " Default: ${DEFAULT-VALUE}")
  Rates rates;

  @Option(names = "--device", paramLabel = "NAME", defaultValue = "cpu",
      description = "Where it runs. Default: ${DEFAULT-VALUE}")
  private String device;

  Device device() {
    if (!DEVICES.contains(device)) {
      throw InputException.unknown("--device", null, "device", device, DEVICES);
    }
    return CpuDevice.get();
  }
}
