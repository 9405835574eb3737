package io.galvani.bench.gpu;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Instructions of a thread by what executes them, and the bytes they move.
 *
 * @param count of each unit; whole where text was counted, broken in means over compartments
 */
record InstructionMix(Map<Unit, Double> count, double sharedBytes, double deviceBytes) {
  /** What executes an instruction. */
  enum Unit {
    FP32, FP64,
    /** Exponentials, reciprocals, roots. */
    SPECIAL,
    /** To and from 64-bit types. */
    CONVERSION,
    /** Whole numbers, bits, addresses; those of 64 bits are two. */
    INTEGER,
    /** Loads and stores of shared memory. */
    SHARED,
    /** Loads and stores of device memory, through its caches. */
    DEVICE,
    BARRIER, BRANCH;

    /** Name in tables. */
    String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static final InstructionMix NOTHING = new InstructionMix(Map.of(), 0, 0);

  private static final Pattern PTX = Pattern.compile("\\s+(?:@!?%p\\d+\\s+)?([a-z][\\w.:]*)\\b(.*);.*");
  private static final Pattern SASS = Pattern.compile("\\s+/\\*\\p{XDigit}{4,}\\*/\\s+(?:@!?U?P\\w+\\s+)?([A-Z][A-Z0-9_.]*)\\b.*;.*");
  private static final Pattern TYPE = Pattern.compile("\\.(?:v(\\d))?\\.?[bfsu](8|16|32|64)$");

  InstructionMix {
    var whole = new EnumMap<Unit, Double>(Unit.class);
    for (Unit u : Unit.values()) {
      whole.put(u, count.getOrDefault(u, 0.0));
    }
    count = whole;
  }

  double count(Unit unit) {
    return count.get(unit);
  }

  /** All instructions. */
  double total() {
    return count.values().stream().mapToDouble(c -> c).sum();
  }

  InstructionMix plus(InstructionMix other) {
    var sum = new EnumMap<Unit, Double>(Unit.class);
    count.forEach((u, c) -> sum.put(u, c + other.count(u)));
    return new InstructionMix(sum, sharedBytes + other.sharedBytes, deviceBytes + other.deviceBytes);
  }

  InstructionMix times(double factor) {
    var product = new EnumMap<Unit, Double>(Unit.class);
    count.forEach((u, c) -> product.put(u, c * factor));
    return new InstructionMix(product, sharedBytes * factor, deviceBytes * factor);
  }

  private static InstructionMix of(Unit unit, double count) {
    return new InstructionMix(Map.of(unit, count), 0, 0);
  }

  // ---- PTX ---------------------------------------------------------------------------------------------------------

  /** Of lines of PTX. */
  static InstructionMix ofPtx(List<String> lines) {
    return lines.stream().map(InstructionMix::ofPtx).reduce(NOTHING, InstructionMix::plus);
  }

  /**
   * Of a line of PTX; nothing for what the compiler makes no instruction of. Divisions are what they become: a reciprocal, and Newton's
   * steps with the correction that rounds the quotient.
   */
  static InstructionMix ofPtx(String line) {
    Matcher m = PTX.matcher(line);
    if (!m.matches()) {
      return NOTHING;
    }
    String[] parts = m.group(1).split("\\.");
    String operation = parts[0];
    String type = parts[parts.length - 1];
    boolean wide = type.equals("f64");
    return switch (operation) {
      case "mov", "cvta", "ret", "exit" -> NOTHING;
      case "ld", "st", "atom", "red" -> access(m.group(1), parts);
      case "bar", "barrier" -> of(Unit.BARRIER, 1);
      case "bra", "brx", "call" -> of(Unit.BRANCH, 1);
      case "ex2", "lg2", "sin", "cos", "tanh", "rsqrt" -> of(Unit.SPECIAL, 1);
      case "rcp" -> divided(wide, m.group(1).contains("approx") ? 0 : wide ? 6 : 4);
      case "div" -> divided(wide, m.group(1).contains("approx") ? 1 : wide ? 10 : 8);
      case "sqrt" -> divided(wide, m.group(1).contains("approx") ? 1 : wide ? 10 : 6);
      case "cvt" -> of(m.group(1).contains("64") && m.group(1).contains(".f") ? Unit.CONVERSION : Unit.INTEGER, 1);
      default -> of(type.equals("f32") ? Unit.FP32 : wide ? Unit.FP64 : Unit.INTEGER, type.matches("[bsu]64") ? 2 : 1);
    };
  }

  private static InstructionMix divided(boolean wide, int steps) {
    return of(Unit.SPECIAL, 1).plus(of(wide ? Unit.FP64 : Unit.FP32, steps));
  }

  private static InstructionMix access(String operation, String[] parts) {
    boolean shared = List.of(parts).contains("shared");
    if (!shared && !List.of(parts).contains("global")) {
      return NOTHING;  // parameters are operands
    }
    Matcher type = TYPE.matcher(operation);
    double bytes = type.find() ? Integer.parseInt(type.group(2)) / 8.0 * (type.group(1) == null ? 1 : Integer.parseInt(type.group(1))) : 0;
    return new InstructionMix(Map.of(shared ? Unit.SHARED : Unit.DEVICE, 1.0), shared ? bytes : 0, shared ? 0 : bytes);
  }

  // ---- machine code ------------------------------------------------------------------------------------------------

  /** Of lines of machine code as {@code nvdisasm} prints it, where an instruction does not say how many bytes it moves: then 0. */
  static InstructionMix ofSass(List<String> lines) {
    return lines.stream().map(InstructionMix::ofSass).reduce(NOTHING, InstructionMix::plus);
  }

  private static InstructionMix ofSass(String line) {
    Matcher m = SASS.matcher(line);
    if (!m.matches()) {
      return NOTHING;
    }
    String operation = m.group(1).split("\\.")[0];
    return switch (operation) {
      case "NOP" -> NOTHING;
      case "MUFU" -> of(Unit.SPECIAL, 1);
      case "F2F", "F2I", "I2F" -> of(Unit.CONVERSION, 1);
      case "LDS", "STS", "ATOMS", "LDSM" -> of(Unit.SHARED, 1);
      case "LDG", "STG", "ATOMG", "ATOM", "RED", "LD", "ST", "LDL", "STL" -> of(Unit.DEVICE, 1);
      case "BAR", "WARPSYNC" -> of(Unit.BARRIER, 1);
      case "BRA", "BRX", "JMP", "CALL", "RET", "EXIT", "BSSY", "BSYNC", "BREAK" -> of(Unit.BRANCH, 1);
      case "FADD", "FMUL", "FFMA", "FSETP", "FSEL", "FMNMX", "FCHK", "FSET" -> of(Unit.FP32, 1);
      case "DADD", "DMUL", "DFMA", "DSETP", "DMNMX" -> of(Unit.FP64, 1);
      default -> of(Unit.INTEGER, 1);
    };
  }
}
