package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.Device;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.device.cuda.Cuda;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.surrogate.SurrogatePrecision;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Option;

/** Which engine integrates, shared by the commands that run cells. */
final class EngineOptions {
  private static final List<String> DEVICES = List.of("auto", "cpu", "cuda");

  @Option(names = "--precision", paramLabel = "f64|mixed|f32|bf16",
      description = "Floats: all float64; gates and conductances float32; all float32. Surrogates: f64, f32, bf16."
          + " Default: f64; surrogates: f32")
  private String precision;

  @Option(names = "--rates", paramLabel = "exact|poly", defaultValue = "exact",
      description = "Rates of gates: the functions themselves, or polynomials with a bounded error."
          + " Default: ${DEFAULT-VALUE}")
  Rates rates;

  @Option(names = "--device", paramLabel = "auto|cpu|cuda", defaultValue = "cpu",
      description = "Where it runs: the processor, an NVIDIA GPU, or that if there is one. Default: ${DEFAULT-VALUE}")
  private String device;

  /** The precision of the direct engine. */
  Precision precision() {
    return precision == null ? Precision.F64 : precision(Precision.values(), precision);
  }

  /** The precision of surrogates. */
  SurrogatePrecision surrogatePrecision() {
    return precision == null ? SurrogatePrecision.F32 : surrogatePrecision(precision);
  }

  static SurrogatePrecision surrogatePrecision(String name) {
    return precision(SurrogatePrecision.values(), name);
  }

  private static <E extends Enum<E>> E precision(E[] known, String name) {
    return Arrays.stream(known).filter(p -> p.name().equalsIgnoreCase(name)).findFirst().orElseThrow(() -> InputException.unknown(
        "--precision", null, "precision", name, Arrays.stream(known).map(p -> p.name().toLowerCase()).toList()));
  }

  /** The device that was chosen. */
  Device device() {
    return device(device);
  }

  /** A device by name; one line of why not where this machine does not have it. */
  static Device device(String device) {
    return switch (device) {
      case "auto" -> Cuda.absence().isPresent() ? CpuDevice.get() : CudaDevice.get();
      case "cpu" -> CpuDevice.get();
      case "cuda" -> CudaDevice.get();
      default -> throw InputException.unknown("--device", null, "device", device, DEVICES);
    };
  }
}
