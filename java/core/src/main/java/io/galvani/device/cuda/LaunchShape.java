package io.galvani.device.cuda;

import io.galvani.InputException;

/**
 * How a kernel is launched: blocks of the grid, threads of a block, and bytes of dynamic shared memory a block.
 */
public record LaunchShape(int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int sharedBytes) {
  public LaunchShape {
    if (gridX < 1 || gridY < 1 || gridZ < 1 || blockX < 1 || blockY < 1 || blockZ < 1 || sharedBytes < 0) {
      throw new InputException("launch", null,
          text(gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes) + " has an extent below 1", null);
    }
    if (gridY > 65535 || gridZ > 65535 || (long) blockX * blockY * blockZ > 1024 || blockZ > 64) {
      throw new InputException("launch", null, text(gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes)
          + " is beyond what a GPU takes: 65535 blocks along y and z, 1024 threads a block, 64 along z", null);
    }
  }

  /** Blocks and threads in one dimension. */
  public static LaunchShape of(int blocks, int threads) {
    return new LaunchShape(blocks, 1, 1, threads, 1, 1, 0);
  }

  /** As many blocks of so many threads as have a thread for each item. */
  public static LaunchShape covering(long items, int threads) {
    return of(Math.toIntExact((items + threads - 1) / threads), threads);
  }

  /** The same with so much dynamic shared memory a block. */
  public LaunchShape withShared(int bytes) {
    return new LaunchShape(gridX, gridY, gridZ, blockX, blockY, blockZ, bytes);
  }

  /** Threads of a block. */
  public int threads() {
    return blockX * blockY * blockZ;
  }

  @Override
  public String toString() {
    return text(gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes);
  }

  private static String text(int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int shared) {
    return "grid %d×%d×%d, block %d×%d×%d, %d bytes shared".formatted(gridX, gridY, gridZ, blockX, blockY, blockZ, shared);
  }
}
