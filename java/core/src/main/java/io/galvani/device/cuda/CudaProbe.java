package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import java.lang.foreign.MemorySegment;

/** Runs the kernels of {@code kernels/common/probe.cu} and compares with the host: whether a GPU computes at all, and right. */
public final class CudaProbe {
  /** Arguments −16, −16 + 1/64, … 16: exact in float too. */
  private static final int COUNT = 2049;
  private static final double FIRST = -16;
  private static final double STEP = 1.0 / 64;

  /** Largest relative errors that common/math.h states, and what rounding in another order adds. */
  private static final double BOUND_F32 = 3e-7;
  private static final double BOUND_F64 = 2e-15;

  private CudaProbe() {}

  /**
   * Runs both kernels.
   *
   * @return one line for the user
   * @throws GalvaniException if they fail, or a value is beyond the bounds of {@code common/math.h}
   */
  public static String run(CudaContext context) {
    LaunchShape shape = LaunchShape.covering(COUNT, 256);
    float[] exp = new float[COUNT];
    float[] expm1 = new float[COUNT];
    double[] expDouble = new double[COUNT];
    double[] expm1Double = new double[COUNT];
    try (CudaModule module = context.module(Ptx.packaged("probe")); CudaStream stream = context.stream();
        CudaBuffer out = context.buffer(8L * COUNT); CudaBuffer out1 = context.buffer(8L * COUNT)) {
      module.kernel("probe_f32").launch(stream, shape, out, out1, (float) FIRST, (float) STEP, COUNT);
      out.download(MemorySegment.ofArray(exp));
      out1.download(MemorySegment.ofArray(expm1));
      module.kernel("probe_f64").launch(stream, shape, out, out1, FIRST, STEP, COUNT);
      out.download(MemorySegment.ofArray(expDouble));
      out1.download(MemorySegment.ofArray(expm1Double));
    }
    double worst = 0;
    double worstDouble = 0;
    for (int i = 0; i < COUNT; i++) {
      double x = FIRST + i * STEP;
      worst = Math.max(worst, Math.max(error(exp[i], StrictMath.exp(x)), error(expm1[i], StrictMath.expm1(x))));
      worstDouble = Math.max(worstDouble, Math.max(error(expDouble[i], StrictMath.exp(x)), error(expm1Double[i], StrictMath.expm1(x))));
    }
    if (!(worst <= BOUND_F32 && worstDouble <= BOUND_F64)) {
      throw new GalvaniException(("exp and expm1 on %s differ from the host by %.1e in float and %.1e in double, beyond %.1e and %.1e. "
          + "Do not trust this GPU").formatted(context, worst, worstDouble, BOUND_F32, BOUND_F64));
    }
    return "exp and expm1 of %d values within %.1e in float, %.1e in double".formatted(COUNT, worst, worstDouble);
  }

  private static double error(double found, double right) {
    return right == 0 ? Math.abs(found) : Math.abs(found - right) / Math.abs(right);
  }
}
