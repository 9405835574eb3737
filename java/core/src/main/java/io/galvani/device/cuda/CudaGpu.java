package io.galvani.device.cuda;

import java.util.Optional;

/**
 * A GPU as the driver describes it.
 *
 * @param ordinal its number, from 0
 * @param major of the compute capability
 * @param minor of the compute capability
 * @param memory bytes in all
 * @param sharedMemory bytes a block may have at most
 */
public record CudaGpu(int ordinal, String name, int major, int minor, int multiprocessors, long memory, int sharedMemory) {
  /** The oldest architecture that the kernels are compiled for. */
  private static final int OLDEST = 80;

  /** Such as {@code sm_90}. */
  public String architecture() {
    return "sm_" + major + minor;
  }

  /** Why Galvani cannot use it; empty if it can. */
  public Optional<String> refusal() {
    return 10 * major + minor >= OLDEST ? Optional.empty()
        : Optional.of(architecture() + " is older than sm_" + OLDEST + ", for which the kernels are compiled");
  }

  /** Whether it is no GPU but a stand-in for tests, which runs kernels on the processor: how long they take there says nothing. */
  public boolean isStandIn() {
    return name.contains("emulator") || name.contains("not a GPU");
  }

  /** One line for the user. */
  public String description() {
    return name + ", " + architecture() + ", " + multiprocessors + " multiprocessors, " + (memory >> 20) + " MiB";
  }

  /** Makes it ready for use. */
  public CudaContext open() {
    return new CudaContext(this);
  }
}
