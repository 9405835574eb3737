package io.galvani.device.cpu;

import io.galvani.InputException;
import io.galvani.device.cpu.abi.Galvani;
import java.util.Arrays;

/** Instruction sets the native library is built for, slowest first. */
public enum InstructionSet {
  BASELINE, AVX2, AVX512;

  /** What populations use: the machine's best, or what {@code -Dgalvani.isa} names. */
  public static InstructionSet chosen() {
    NativeLibrary.load();
    InstructionSet best = values()[Galvani.gv_best_isa()];
    String name = System.getProperty("galvani.isa");
    if (name == null) {
      return best;
    }
    for (InstructionSet isa : values()) {
      if (isa.name().equalsIgnoreCase(name)) {
        if (isa.compareTo(best) > 0) {
          throw new InputException("galvani.isa", null, "this machine has no " + isa + ", its best is " + best, null);
        }
        return isa;
      }
    }
    throw InputException.unknown("galvani.isa", null, "instruction set", name,
        Arrays.stream(values()).map(i -> i.name().toLowerCase()).toList());
  }
}
