package io.galvani.device.cuda;

import io.galvani.InputException;

/**
 * How the cells of a population are cut up.
 *
 * @param log2 the binary logarithm of the cells of a pack
 * @param threads of the block that integrates it
 */
record PackShape(CudaStrategy strategy, int log2, int threads) {
  private static final int LOG2_WARP = 5;
  private static final int LOG2_MOST = 7;  // cells of a pack where each has a thread
  private static final int WARP = 1 << LOG2_WARP;
  private static final int MOST_THREADS = 256;
  private static final int BLOCKS_SIDE_BY_SIDE = 4;  // on a multiprocessor: while one solves its trees, others move gates

  /**
   * What one cell takes.
   *
   * @param chipBytes of shared memory for voltages, diagonal, right-hand side
   * @param gateBytes of its gates
   * @param widest the largest number of nodes, or instances of a mechanism
   */
  record Demand(long chipBytes, long gateBytes, int widest) {
    /** Bytes of shared memory a cell. */
    long shared(CudaStrategy s) {
      return switch (s) {
        case LEVEL -> chipBytes + gateBytes;
        case STREAM -> chipBytes;
        case THREAD -> 0;
      };
    }
  }

  /** Cells of a pack. */
  int cells() {
    return 1 << log2;
  }

  int packs(int cells) {
    return (cells + cells() - 1) / cells();
  }

  /**
   * Picks the strategy that keeps most on the chip, then the largest pack that leaves room for other blocks beside it and gives
   * every multiprocessor two.
   *
   * @param forced the strategy to use; null for the best
   * @throws InputException if the forced strategy does not fit the GPU
   */
  static PackShape choose(Demand demand, int cells, CudaGpu gpu, CudaStrategy forced) {
    for (CudaStrategy s : CudaStrategy.values()) {
      if (forced == null ? demand.shared(s) <= gpu.sharedMemory() : s == forced) {
        if (demand.shared(s) > gpu.sharedMemory()) {
          throw new InputException("galvani.cuda.strategy", s.key(), demand.shared(s) + " bytes a cell do not fit the "
              + gpu.sharedMemory() + " bytes of shared memory of " + gpu.name(), null);
        }
        return of(s, s == CudaStrategy.THREAD ? Math.clamp(32 - Integer.numberOfLeadingZeros(cells - 1), LOG2_WARP, LOG2_MOST)
            : log2(demand.shared(s), cells, gpu), demand);
      }
    }
    throw new AssertionError(demand);
  }

  /** With packs of 2^log2 cells. */
  static PackShape of(CudaStrategy strategy, int log2, Demand demand) {
    if (strategy == CudaStrategy.THREAD) {
      return new PackShape(strategy, log2, 1 << log2);
    }
    long items = (long) demand.widest() << log2;
    return new PackShape(strategy, log2, Math.clamp((items + WARP - 1) / WARP * WARP, WARP, MOST_THREADS));
  }

  private static int log2(long bytes, int cells, CudaGpu gpu) {
    int log2 = LOG2_WARP;
    while (log2 > 0 && ((bytes << log2) > gpu.sharedMemory() / BLOCKS_SIDE_BY_SIDE || cells >> log2 < 2 * gpu.multiprocessors())) {
      log2--;
    }
    return log2;
  }
}
