package io.galvani.device.cuda;

import io.galvani.InputException;
import java.util.Arrays;
import java.util.Locale;

/** Where the kernels keep what changes, and how they share out the work ({@code kernels/cable/step.h}). */
public enum CudaStrategy {
  /** All on the chip; a block for a pack of cells. */
  LEVEL,
  /** Voltages on the chip, gates in device memory. */
  STREAM,
  /** All in device memory; a thread for a cell. */
  THREAD;

  /** Name in the kernels. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What {@code -Dgalvani.cuda.strategy} names; null if nothing. */
  static CudaStrategy forced() {
    String name = System.getProperty("galvani.cuda.strategy");
    if (name == null) {
      return null;
    }
    return Arrays.stream(values()).filter(s -> s.key().equalsIgnoreCase(name)).findFirst().orElseThrow(() -> InputException.unknown(
        "galvani.cuda.strategy", null, "strategy", name, Arrays.stream(values()).map(CudaStrategy::key).toList()));
  }
}
