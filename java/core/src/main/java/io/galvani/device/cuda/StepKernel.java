package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A step kernel that can be loaded: one that ships, or one that {@code kernels/tuning.sh} has built from the same sources.
 *
 * @param ptx that has it
 * @param entry its name there
 */
public record StepKernel(StepVariant variant, Precision precision, Ptx ptx, String entry) {
  /** Those that ship, one for each strategy and kind of rates. */
  public static List<StepKernel> shipped(Precision precision) {
    return Arrays.stream(Rates.values()).flatMap(r -> shipped(precision, r).stream()).toList();
  }

  /** Those of them with such rates, one a strategy. */
  public static List<StepKernel> shipped(Precision precision, Rates rates) {
    String suffix = suffix(precision, rates);
    Ptx ptx = Ptx.packaged("cable_" + suffix);
    return Arrays.stream(CudaStrategy.values()).map(s -> {
      Ptx.Entry entry = ptx.entry("cable_" + s.key() + "_" + suffix);
      return new StepKernel(new StepVariant(s, entry.maxThreads(), entry.minBlocks(), 0, 0, rates), precision, ptx, entry.name());
    }).toList();
  }

  /** That of a strategy among these. */
  static StepKernel shipped(CudaStrategy strategy, Precision precision, Rates rates) {
    return shipped(precision, rates).get(strategy.ordinal());
  }

  /**
   * One that was built.
   *
   * @throws io.galvani.InputException if the PTX does not have it
   * @throws GalvaniException if it was built from other sources than those that ship
   */
  public static StepKernel built(StepVariant variant, Precision precision, Ptx ptx) {
    Ptx ships = Ptx.packaged("cable_" + suffix(precision, variant.rates()));
    if (ptx.sources().isEmpty() || !ptx.sources().equals(ships.sources())) {
      throw new GalvaniException(ptx + " is made of other sources than " + ships + ": run ./galvani bench --tune anew");
    }
    return new StepKernel(variant, precision, ptx, ptx.entry("cable_" + name(variant, precision)).name());
  }

  /** Such as {@code level_128x6_mixed}: what {@code kernels/tuning.sh} takes. */
  public static String name(StepVariant variant, Precision precision) {
    return variant + "_" + precision.name().toLowerCase(Locale.ROOT);
  }

  /** Of the names of a precision's kernels with such rates: {@code mixed}, {@code poly_mixed}. */
  public static String suffix(Precision precision, Rates rates) {
    return (rates == Rates.POLY ? "poly_" : "") + precision.name().toLowerCase(Locale.ROOT);
  }

  /** Whether it is part of Galvani. */
  public boolean ships() {
    return ptx.name().equals("cable_" + suffix(precision, variant.rates()));
  }
}
