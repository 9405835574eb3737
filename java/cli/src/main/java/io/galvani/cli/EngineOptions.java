package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.Device;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.surrogate.SurrogatePrecision;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Option;

/** Which engine integrates, shared by the commands that run cells. */
final class EngineOptions {
  private static final List<String> DEVICES = List.of("cpu", "cuda");

  @Option(names = "--precision", paramLabel = "f64|mixed|f32|bf16",
      description = "Floats: all float64; gates and conductances float32; all float32. Surrogates: f64, f32, bf16."
          + " Default: f64; surrogates: f32")
  private String precision;

  @Option(names = "--rates", paramLabel = "exact|poly", defaultValue = "exact",
      description = "Rates of gates: the functions themselves, or polynomials with a bounded error."
          + " Default: ${DEFAULT-VALUE}")
  Rates rates;

  @Option(names = "--device", paramLabel = "cpu|cuda", defaultValue = "cpu",
      description = "Where it runs: the processor, or an NVIDIA GPU. Default: ${DEFAULT-VALUE}")
  private String device;

  /** The precision of the direct engine. */
  Precision precision() {
    return precision(Precision.values(), Precision.F64);
  }

  /** The precision of surrogates. */
  SurrogatePrecision surrogatePrecision() {
    return precision(SurrogatePrecision.values(), SurrogatePrecision.F32);
  }

  private <E extends Enum<E>> E precision(E[] known, E otherwise) {
    if (precision == null) {
      return otherwise;
    }
    return Arrays.stream(known).filter(p -> p.name().equalsIgnoreCase(precision)).findFirst().orElseThrow(() -> InputException.unknown(
        "--precision", null, "precision", precision, Arrays.stream(known).map(p -> p.name().toLowerCase()).toList()));
  }

  /** The device that was chosen; one line of why not where this machine does not have it. */
  Device device() {
    return switch (device) {
      case "cpu" -> CpuDevice.get();
      case "cuda" -> CudaDevice.get();
      default -> throw InputException.unknown("--device", null, "device", device, DEVICES);
    };
  }
}
