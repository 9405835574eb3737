package io.galvani.device.cuda;

import io.galvani.InputException;
import io.galvani.cable.Rates;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How a step kernel is compiled: its strategy and launch bounds, {@code level_256x3}, and what differs from the usual,
 * {@code level_256x3_cells4_lanes16_poly}.
 *
 * @param threads that a block has at most
 * @param blocks of so many threads that are to share a multiprocessor: registers are few enough for that
 * @param cells of a pack, a power of two, known to the compiler; 0 for as many as a launch says
 * @param lanes of a cell in the tree solve, a power of two; 0 for what a warp has for each of its cells
 * @param rates how gates are evaluated
 */
public record StepVariant(CudaStrategy strategy, int threads, int blocks, int cells, int lanes, Rates rates) {
  private static final Pattern NAME = Pattern.compile("([a-z]+)_([1-9]\\d{0,3})x([1-9]\\d?)(?:_cells([1-9]\\d{0,2}))?(?:_lanes([1-9]\\d?))?(_poly)?");
  private static final int MOST_LANES = 64;

  public StepVariant {
    if (lanes != 0 && (Integer.bitCount(lanes) != 1 || lanes > Math.min(MOST_LANES, threads) || strategy == CudaStrategy.THREAD)) {
      throw new InputException("variant", null, lanes + " lanes a cell are not what a block of " + strategy.key() + " has",
          "level and stream solve trees with 1, 2, 4 … " + MOST_LANES + " lanes a cell; thread has one");
    }
    if (cells != 0 && (Integer.bitCount(cells) != 1 || cells > Math.min(PackShape.most(strategy), threads)
        || cells < PackShape.least(strategy))) {
      throw new InputException("variant", null, "a block of " + strategy.key() + " does not have packs of " + cells + " cells",
          "A pack of level and stream has 1, 2, 4 … 32 cells, one of thread 32, 64 or 128");
    }
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
        "Write <strategy>_<threads>x<blocks>[_cells<n>][_lanes<n>][_poly], such as level_128x6; strategies are level, stream, thread")),
        Integer.parseInt(m.group(2)), Integer.parseInt(m.group(3)), orZero(m.group(4)), orZero(m.group(5)),
        m.group(6) == null ? Rates.EXACT : Rates.POLY);
  }

  private static int orZero(String digits) {
    return digits == null ? 0 : Integer.parseInt(digits);
  }

  /** What of it the PTX shows: all but launch bounds, which only the compiler of the GPU heeds. */
  public String source() {
    return strategy.key() + special();
  }

  private String special() {
    return (cells == 0 ? "" : "_cells" + cells) + (lanes == 0 ? "" : "_lanes" + lanes) + (rates == Rates.POLY ? "_poly" : "");
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s_%dx%d", strategy.key(), threads, blocks) + special();
  }
}
