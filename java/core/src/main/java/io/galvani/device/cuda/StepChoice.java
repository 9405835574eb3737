package io.galvani.device.cuda;

/**
 * How a population is stepped.
 *
 * @param log2 binary logarithm of the cells of a pack
 */
public record StepChoice(StepKernel kernel, int log2) {
  /** Cells that a block integrates. */
  public int cellsOfPack() {
    return 1 << log2;
  }

  @Override
  public String toString() {
    return kernel.variant() + ", packs of " + cellsOfPack();
  }
}
