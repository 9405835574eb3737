package io.galvani.device.cuda;

import io.galvani.InputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How a step kernel is compiled: its strategy and launch bounds, {@code level_256x3}.
 *
 * @param threads that a block has at most
 * @param blocks of so many threads that are to share a multiprocessor: registers are few enough for that
 */
public record StepVariant(CudaStrategy strategy, int threads, int blocks) {
  private static final Pattern NAME = Pattern.compile("([a-z]+)_([1-9]\\d{0,3})x([1-9]\\d?)");

  public StepVariant {
    if (threads < 32 || threads > 1024 || threads % 32 != 0 || blocks < 1 || threads * blocks > 2048) {
      throw new InputException("variant", null, threads + "x" + blocks + " is not what a multiprocessor holds",
          "Blocks have 32…1024 threads, whole warps, and at most 2048 share a multiprocessor");
    }
  }

  /**
   * Reads a name.
   *
   * @throws InputException if it is none
   */
  public static StepVariant parse(String name) {
    var m = NAME.matcher(name);
    Optional<CudaStrategy> strategy = m.matches()
        ? Arrays.stream(CudaStrategy.values()).filter(s -> s.key().equals(m.group(1))).findFirst() : Optional.empty();
    return new StepVariant(strategy.orElseThrow(() -> new InputException("variant", null, "'" + name + "' is not the name of a variant",
        "Write <strategy>_<threads>x<blocks>, such as level_128x6; strategies are level, stream, thread")),
        Integer.parseInt(m.group(2)), Integer.parseInt(m.group(3)));
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s_%dx%d", strategy.key(), threads, blocks);
  }
}
