package io.galvani.bench.gpu;

import io.galvani.device.cuda.CudaGpu;
import io.galvani.device.cuda.Multiprocessor;
import java.util.List;

/**
 * What a card can do at most, from its maker's data sheet; rates from the throughput table of the CUDA C++ Programming Guide, in results
 * a clock of one multiprocessor.
 *
 * @param arch its architecture
 * @param gigahertz boost clock
 * @param terabytes of device memory moved a second
 * @param fp32 rate of float32 adds, multiplies, multiply-adds
 * @param fp64 of float64
 * @param special of reciprocals, roots, exponentials
 * @param conversion of conversions to and from 64-bit types
 * @param integer of 32-bit integers
 */
record Card(String name, String arch, int multiprocessors, double gigahertz, double terabytes, int fp32, int fp64, int special,
    int conversion, int integer) {
  /** Threads for which the four schedulers issue an instruction a clock. */
  static final int ISSUED = 128;
  /** Bytes that a multiprocessor moves from and to shared memory or its first cache a clock. */
  static final int BYTES = 128;
  /** Threads whose access that path takes a clock, all of which may want the same word. */
  static final int ACCESSES = 32;

  static final List<Card> ALL = List.of(
      new Card("A100 SXM 80 GB", "sm_80", 108, 1.41, 2.039, 64, 32, 16, 16, 64),
      new Card("H100 SXM", "sm_90", 132, 1.98, 3.35, 128, 64, 16, 16, 64),
      new Card("H200", "sm_90", 132, 1.98, 4.8, 128, 64, 16, 16, 64),
      new Card("RTX 4090", "sm_89", 128, 2.52, 1.008, 128, 2, 16, 2, 64));

  Multiprocessor multiprocessor() {
    return Multiprocessor.ALL.stream().filter(m -> m.arch().equals(arch)).findFirst().orElseThrow();
  }

  /** As its driver would describe it, as far as the choice of packs asks. */
  CudaGpu gpu() {
    int number = Integer.parseInt(arch.substring("sm_".length()));
    return new CudaGpu(0, name, number / 10, number % 10, multiprocessors, 0, multiprocessor().sharedOfBlock());
  }

  /** 10¹² float32 operations a second, a multiply-add two. */
  double teraflops32() {
    return 2e-3 * fp32 * multiprocessors * gigahertz;
  }

  /** The same in float64. */
  double teraflops64() {
    return 2e-3 * fp64 * multiprocessors * gigahertz;
  }
}
