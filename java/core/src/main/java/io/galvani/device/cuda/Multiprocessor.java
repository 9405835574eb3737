package io.galvani.device.cuda;

import java.util.List;

/**
 * What a multiprocessor of an architecture holds: CUDA C++ Programming Guide, technical specifications per compute capability.
 *
 * @param arch such as {@code sm_90}
 * @param warps at a time
 * @param blocks at a time
 * @param sharedBytes of shared memory
 */
public record Multiprocessor(String arch, int warps, int blocks, int sharedBytes) {
  private static final int WARP = 32;                  // threads
  private static final int REGISTERS = 65536;          // of 32 bits
  private static final int PARTITIONS = 4;             // which share the registers
  private static final int REGISTERS_AT_ONCE = 256;    // a warp's come in such units
  private static final int SHARED_AT_ONCE = 128;       // bytes
  private static final int SHARED_OF_SYSTEM = 1 << 10; // bytes a block

  /** Those that Galvani runs on, and for which JCuda's compiler translates. */
  public static final List<Multiprocessor> ALL = List.of(new Multiprocessor("sm_80", 64, 32, 164 << 10),
      new Multiprocessor("sm_86", 48, 16, 100 << 10), new Multiprocessor("sm_89", 48, 24, 100 << 10),
      new Multiprocessor("sm_90", 64, 32, 228 << 10));
  /** Later ones, for which a later {@code ptxas} does. */
  public static final List<Multiprocessor> LATER = List.of(new Multiprocessor("sm_100", 64, 32, 228 << 10),
      new Multiprocessor("sm_120", 48, 24, 100 << 10));

  /**
   * Blocks that it holds at a time.
   *
   * @param registers of a thread
   * @param shared bytes of shared memory a block, static and dynamic
   * @param threads of a block
   */
  public int fits(int registers, int shared, int threads) {
    int warpsOfBlock = (threads + WARP - 1) / WARP;
    int registersOfWarp = Math.max(REGISTERS_AT_ONCE, roundedUp(WARP * registers, REGISTERS_AT_ONCE));
    int byRegisters = REGISTERS / PARTITIONS / registersOfWarp * PARTITIONS / warpsOfBlock;
    int byShared = sharedBytes / (SHARED_OF_SYSTEM + roundedUp(shared, SHARED_AT_ONCE));
    return Math.min(Math.min(warps / warpsOfBlock, blocks), Math.min(byRegisters, byShared));
  }

  /** Percent of its warps that so many blocks fill. */
  public int occupancy(int blocks, int threads) {
    return 100 * blocks * ((threads + WARP - 1) / WARP) / warps;
  }

  /** The most shared memory of a block, in bytes. */
  public int sharedOfBlock() {
    return sharedBytes - SHARED_OF_SYSTEM;
  }

  private static int roundedUp(int count, int unit) {
    return (count + unit - 1) / unit * unit;
  }
}
