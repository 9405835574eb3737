package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import io.galvani.cable.Precision;
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
  /** Those that ship, one a strategy. */
  public static List<StepKernel> shipped(Precision precision) {
    Ptx ptx = Ptx.packaged("cable_" + suffix(precision));
    return Arrays.stream(CudaStrategy.values()).map(s -> {
      Ptx.Entry entry = ptx.entry("cable_" + s.key() + "_" + suffix(precision));
      return new StepKernel(new StepVariant(s, entry.maxThreads(), entry.minBlocks()), precision, ptx, entry.name());
    }).toList();
  }

  /**
   * One that was built.
   *
   * @throws io.galvani.InputException if the PTX does not have it
   * @throws GalvaniException if it was built from other sources than those that ship
   */
  public static StepKernel built(StepVariant variant, Precision precision, Ptx ptx) {
    Ptx ships = Ptx.packaged("cable_" + suffix(precision));
    if (ptx.sources().isEmpty() || !ptx.sources().equals(ships.sources())) {
      throw new GalvaniException(ptx + " is made of other sources than " + ships + ": run ./galvani bench --tune anew");
    }
    return new StepKernel(variant, precision, ptx, ptx.entry("cable_" + name(variant, precision)).name());
  }

  /** Such as {@code level_128x6_mixed}: what {@code kernels/tuning.sh} takes. */
  public static String name(StepVariant variant, Precision precision) {
    return variant + "_" + suffix(precision);
  }

  private static String suffix(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }

  /** Whether it is part of Galvani. */
  public boolean ships() {
    return ptx.name().equals("cable_" + suffix(precision));
  }
}
