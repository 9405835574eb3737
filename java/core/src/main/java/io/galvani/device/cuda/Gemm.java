package io.galvani.device.cuda;

import io.galvani.InputException;
import io.galvani.surrogate.SurrogatePrecision;
import java.util.Arrays;
import java.util.Locale;

/**
 * What multiplies the matrices of surrogates on a GPU. {@code -Dgalvani.gemm=kernel|mma|cublas} chooses; else tensor cores multiply
 * bfloat16, and {@link #KERNEL} the rest.
 */
public enum Gemm {
  /** Our kernels, in the units for single numbers. */
  KERNEL,
  /** Our kernels, in tensor cores: bfloat16; or float32 rounded to TF32, 10 bits of fraction, which is no longer float32. */
  MMA,
  /** NVIDIA's cuBLAS for what is known of the projection ahead, our kernels for the rest. */
  CUBLAS;

  /** Name in the property. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** That which the user chose, or the best. */
  static Gemm of(SurrogatePrecision precision) {
    String name = System.getProperty("galvani.gemm");
    if (name == null) {
      return precision == SurrogatePrecision.BF16 ? MMA : KERNEL;
    }
    return Arrays.stream(values()).filter(g -> g.key().equalsIgnoreCase(name)).findFirst().orElseThrow(() -> InputException.unknown(
        "galvani.gemm", null, "way to multiply matrices", name, Arrays.stream(values()).map(Gemm::key).toList()));
  }

  /** @throws InputException if it does not multiply such numbers */
  void require(SurrogatePrecision precision) {
    if (this == MMA && precision == SurrogatePrecision.F64 || this == CUBLAS && precision == SurrogatePrecision.BF16) {
      throw new InputException("galvani.gemm", null, key() + " does not multiply " + precision,
          "mma takes F32, as TF32, and BF16; cublas takes F32 and F64; kernel takes all");
    }
  }
}
