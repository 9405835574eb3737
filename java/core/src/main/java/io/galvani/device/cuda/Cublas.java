package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import java.util.Optional;
import java.util.function.IntSupplier;
import jcuda.Pointer;
import jcuda.driver.CUresult;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/** NVIDIA's cuBLAS, in a stream. It is no part of Galvani: loaded from CUDA 12 where somebody asks for it. */
final class Cublas extends CudaResource {
  private static final class Loaded {
    static final Optional<String> ABSENCE = load();

    private static Optional<String> load() {
      try {
        JCudaNatives.load("JCublas2", JCublas2.class);
        return Optional.empty();
      } catch (LinkageError e) {
        String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return Optional.of(reason.contains("libcublas.so.12: cannot open") ? "there is no cuBLAS of CUDA 12 (libcublas.so.12)"
            : "cuBLAS does not load: " + reason);
      }
    }
  }

  /**
   * Rows of numbers on the device, several times.
   *
   * @param address of the first
   * @param stride numbers from row to row
   * @param batchStride numbers from one of the times to the next
   */
  record Rows(long address, int stride, long batchStride) {
    private Pointer pointer() {
      return new DevicePointer(address);
    }
  }

  private final cublasHandle handle = new cublasHandle();
  private final CudaStream stream;

  /** @throws GalvaniException if it is not here; says why in a line */
  Cublas(CudaStream stream) {
    super(stream.context);
    this.stream = stream;
    absence().ifPresent(reason -> {
      throw new GalvaniException("galvani.gemm: " + reason + ". Put it on LD_LIBRARY_PATH, or use kernel or mma");
    });
    call("cublasCreate", () -> JCublas2.cublasCreate(handle));
    call("cublasSetStream", () -> JCublas2.cublasSetStream(handle, new cudaStream_t(stream.handle)));
    context.adopt(this);
  }

  /** Why it cannot be used here; empty if it can. */
  static Optional<String> absence() {
    return Loaded.ABSENCE;
  }

  /** c += a · b, in the stream, several times: c [rows][columns], a [rows][depth], b [depth][columns]; float64, or else float32. */
  void multiplyAdd(boolean wide, int rows, int columns, int depth, Rows a, Rows b, Rows c, int times) {
    int no = cublasOperation.CUBLAS_OP_N;
    // cuBLAS counts columns first: to it, all three are transposed.
    if (wide) {
      Pointer one = Pointer.to(new double[] {1});
      call("cublasDgemmStridedBatched", () -> JCublas2.cublasDgemmStridedBatched(handle, no, no, columns, rows, depth, one, b.pointer(),
          b.stride(), b.batchStride(), a.pointer(), a.stride(), a.batchStride(), one, c.pointer(), c.stride(), c.batchStride(), times));
    } else {
      Pointer one = Pointer.to(new float[] {1});
      call("cublasSgemmStridedBatched", () -> JCublas2.cublasSgemmStridedBatched(handle, no, no, columns, rows, depth, one, b.pointer(),
          b.stride(), b.batchStride(), a.pointer(), a.stride(), a.batchStride(), one, c.pointer(), c.stride(), c.batchStride(), times));
    }
  }

  private void call(String name, IntSupplier call) {
    int status = context.status(call, stream);
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw new GalvaniException(name + ": " + cublasStatus.stringFor(status));
    }
  }

  @Override
  int free() {
    return JCublas2.cublasDestroy(handle) == cublasStatus.CUBLAS_STATUS_SUCCESS ? CUresult.CUDA_SUCCESS : CUresult.CUDA_ERROR_UNKNOWN;
  }

  @Override
  public String toString() {
    return "cuBLAS";
  }
}
