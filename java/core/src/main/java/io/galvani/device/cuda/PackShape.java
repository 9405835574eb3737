package io.galvani.device.cuda;

import io.galvani.InputException;
import io.galvani.cable.CableModel;
import io.galvani.cable.CableOptions;
import io.galvani.cell.CompiledCell;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How the cells of a population are cut up.
 *
 * @param log2 the binary logarithm of the cells of a pack
 * @param threads of the block that integrates it
 * @param lanes of a cell in the tree solve
 */
public record PackShape(CudaStrategy strategy, int log2, int threads, int lanes) {
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
  public record Demand(long chipBytes, long gateBytes, int widest) {
    /** Of a cell with what is on it. */
    public static Demand of(CompiledCell cell, CableOptions options) {
      return CellLayout.demand(new CableModel(cell, options));
    }

    /** Bytes of shared memory a cell. */
    public long shared(CudaStrategy s) {
      return switch (s) {
        case LEVEL -> chipBytes + gateBytes;
        case STREAM -> chipBytes;
        case THREAD -> 0;
      };
    }
  }

  /** Cells of a pack. */
  public int cells() {
    return 1 << log2;
  }

  /** Packs of so many cells. */
  public int packs(int cells) {
    return (cells + cells() - 1) / cells();
  }

  /**
   * Picks the strategy that keeps most on the chip, then the largest pack that leaves room for other blocks beside it and gives
   * every multiprocessor two.
   *
   * @param forced the strategy to use; null for the best
   * @throws InputException if the forced strategy does not fit the GPU
   */
  public static PackShape choose(Demand demand, int cells, CudaGpu gpu, CudaStrategy forced) {
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
    return of(strategy, MOST_THREADS, lanes(0, log2), log2, demand);
  }

  /** With packs of 2^log2 cells, for a kernel of the caller's. */
  public static PackShape of(StepVariant variant, int log2, Demand demand) {
    return of(variant.strategy(), variant.threads(), lanes(variant.lanes(), log2), log2, demand);
  }

  private static PackShape of(CudaStrategy strategy, int most, int lanes, int log2, Demand demand) {
    if (strategy == CudaStrategy.THREAD) {
      return new PackShape(strategy, log2, 1 << log2, lanes);
    }
    long items = (long) demand.widest() << log2;
    return new PackShape(strategy, log2, Math.clamp((items + WARP - 1) / WARP * WARP, Math.max(WARP, lanes << log2), most), lanes);
  }

  /** Of a cell in the tree solve; 0 asks for what a warp has. */
  private static int lanes(int asked, int log2) {
    return asked > 0 ? asked : Math.max(1, WARP >> log2);
  }

  /**
   * Sizes of packs that are worth a try, as binary logarithms: none is twice what the population needs.
   *
   * @param sharedOfBlock bytes of shared memory that a block may have
   */
  public static List<Integer> sizes(StepVariant variant, Demand demand, int cells, int sharedOfBlock) {
    int least = least(variant.strategy());
    return IntStream.iterate(least, p -> p <= most(variant.strategy()), p -> 2 * p)
        .filter(p -> variant.cells() == 0 || variant.cells() == p)
        .filter(p -> variant.strategy() != CudaStrategy.THREAD || p <= variant.threads())
        .filter(p -> demand.shared(variant.strategy()) * p <= sharedOfBlock)
        .filter(p -> variant.lanes() * p <= variant.threads()).filter(p -> p == least || p / 2 < cells)
        .map(Integer::numberOfTrailingZeros).boxed().toList();
  }

  /** The fewest cells of a pack. */
  static int least(CudaStrategy strategy) {
    return strategy == CudaStrategy.THREAD ? WARP : 1;
  }

  /** The most. */
  static int most(CudaStrategy strategy) {
    return strategy == CudaStrategy.THREAD ? 1 << LOG2_MOST : WARP;
  }

  /** Rounds of the tree solve. */
  public int rounds(CompiledCell cell) {
    return SolveOrder.of(cell.nodes().parent(), lanes).rounds();
  }

  private static int log2(long bytes, int cells, CudaGpu gpu) {
    int log2 = LOG2_WARP;
    while (log2 > 0 && ((bytes << log2) > gpu.sharedMemory() / BLOCKS_SIDE_BY_SIDE || cells >> log2 < 2 * gpu.multiprocessors())) {
      log2--;
    }
    return log2;
  }
}
