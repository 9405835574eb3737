package io.galvani.bench.gpu;

import io.galvani.GalvaniException;
import io.galvani.bench.Cases;
import io.galvani.bench.Cases.Case;
import io.galvani.bench.gpu.InstructionMix.Unit;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Mode;
import io.galvani.cable.Rates;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.device.cuda.CudaStrategy;
import io.galvani.device.cuda.PackShape;
import io.galvani.device.cuda.StepKernel;
import io.galvani.mechanism.Mechanism;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How fast the step kernels can be at most, worked out from counted instructions and data sheets. Nothing here is measured. Each limit is
 * the time a compartment-step would take if nothing else held it up; the longest binds.
 */
final class Limits {
  /** Clocks from a round of the solve to the next, of elimination and of substitution: assumed. */
  private static final int ELIMINATION = 90;
  private static final int SUBSTITUTION = 60;
  private static final int STEPS = 40;  // of an interval of 1 ms
  private static final int CUBIC = 16;  // bytes of a polynomial (kernels/cable/cubics.h)
  private static final int CELLS = 1_000_000;  // more than any card holds at a time
  private static final List<String> CASES = List.of("c200", "l5pc");

  private final Phases phases;
  private final Map<String, Integer> registers = new HashMap<>();  // by entry and architecture

  Limits(Path root) throws IOException {
    phases = Phases.committed(root);
    List<String> rows = Files.readAllLines(root.resolve("kernels/ptx/registers.csv"));
    rows.stream().skip(1).map(r -> r.split(",")).forEach(c -> registers.put(c[1] + " " + c[2], Integer.parseInt(c[4])));
  }

  /**
   * What a compartment-step takes.
   *
   * @param mix instructions of a thread
   * @param memory bytes of device memory that no cache can spare
   * @param uniform loads of what all cells have in common: parameters, the tree
   * @param cubics loads of polynomials: of one row where cells are alike, counted as if of many
   */
  private record Work(InstructionMix mix, double memory, double uniform, double cubics) {}

  /**
   * A limit.
   *
   * @param name what binds
   * @param rate compartment-steps a second of the whole card
   * @param cells that are on the card at a time
   */
  record Bound(String name, double rate, int cells) {}

  private static Case subject(String name) {
    return Cases.ALL.stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
  }

  private static CableOptions options(Case c, Mode mode) {
    return CableOptions.of(c.cell()).precision(mode.precision()).rates(mode.rates());
  }

  private Work work(Case c, CudaStrategy strategy, Mode mode) {
    double nodes = c.cell().nodes().count();
    InstructionMix mix = phases.of(mode, "begin").plus(phases.of(mode, "solve")).times(nodes);
    double cubics = 0;
    for (Placement placement : c.cell().membrane()) {
      mix = mix.plus(phases.of(mode, placement.mechanism().name()).times(placement.node().length));
      cubics += (double) cubics(placement.mechanism(), mode) * placement.node().length;
    }
    PackShape.Demand demand = PackShape.Demand.of(c.cell(), options(c, mode));
    double gates = demand.gateBytes();
    double once = 2 * (nodes * mode.precision().voltageBytes() + gates) / STEPS;
    double memory = switch (strategy) {
      case LEVEL -> once;
      case STREAM -> once + 2 * gates;
      case THREAD -> mix.sharedBytes();  // what the others have on the chip
    };
    return new Work(mix.times(1.0 / c.compartments()), memory / c.compartments(), (mix.count(Unit.DEVICE) - cubics) / c.compartments(),
        cubics / c.compartments());
  }

  /** Polynomials that an instance reads in a step. */
  private static int cubics(Mechanism m, Mode mode) {
    boolean has = mode.rates() == Rates.POLY && CpuDevice.polynomialBounds(m.name(), 6.3, 0.025, true).length > 0;
    return has ? 2 * m.states().size() : 0;
  }

  /** Every limit of a kernel on a card, the lowest rate first. */
  List<Bound> bounds(Case c, CudaStrategy strategy, Mode mode, Card card) {
    Work work = work(c, strategy, mode);
    PackShape.Demand demand = PackShape.Demand.of(c.cell(), options(c, mode));
    PackShape shape = PackShape.choose(demand, CELLS, card.gpu(), strategy);
    int blocks = card.multiprocessor().fits(registers(entry(strategy, mode), card.arch()),
        (int) demand.shared(strategy) << shape.log2(), shape.threads());
    int cells = blocks * shape.cells();
    var clocks = new LinkedHashMap<String, Double>();
    clocks.put("float32", work.mix.count(Unit.FP32) / card.fp32());
    clocks.put("float64", work.mix.count(Unit.FP64) / card.fp64());
    clocks.put("special", work.mix.count(Unit.SPECIAL) / card.special());
    clocks.put("conversions", work.mix.count(Unit.CONVERSION) / card.conversion());
    clocks.put("integers", work.mix.count(Unit.INTEGER) / card.integer());
    clocks.put("issue", work.mix.total() / Card.ISSUED);
    clocks.put("shared memory", (work.mix.sharedBytes() + CUBIC * work.cubics) / Card.BYTES + work.uniform / Card.ACCESSES);
    clocks.put("device memory", work.memory * card.multiprocessors() * card.gigahertz() * 1e-3 / card.terabytes());
    if (strategy != CudaStrategy.THREAD) {
      clocks.put("rounds", (double) shape.rounds(c.cell()) * (ELIMINATION + SUBSTITUTION) / (cells * c.compartments()));
    }
    return clocks.entrySet().stream().sorted((a, b) -> Double.compare(b.getValue(), a.getValue())).map(e -> new Bound(e.getKey(),
        card.multiprocessors() * card.gigahertz() * 1e9 / e.getValue(), cells * card.multiprocessors())).toList();
  }

  private static String entry(CudaStrategy strategy, Mode mode) {
    return "cable_" + strategy.key() + "_" + StepKernel.suffix(mode.precision(), mode.rates());
  }

  private int registers(String entry, String arch) {
    Integer found = registers.get(entry + " " + arch);
    if (found == null) {
      throw new GalvaniException("kernels/ptx/registers.csv does not have " + entry + " for " + arch);
    }
    return found;
  }

  /** Tables for {@code kernels/README.md}. */
  String markdown() {
    var text = new StringBuilder("""
        | card | multiprocessors, GHz | float32, float64: 10¹² flops/s | special, conversions: 10¹²/s | shared memory, device memory: TB/s |
        |---|---|---|---|---|
        """);
    for (Card c : Card.ALL) {
      double clock = c.multiprocessors() * c.gigahertz() * 1e-3;
      text.append(String.format(Locale.ROOT, "| %s | %d, %.2f | %.1f, %.2f | %.2f, %.2f | %.1f, %.2f |\n",
          c.name(), c.multiprocessors(), c.gigahertz(),
          c.teraflops32(), c.teraflops64(), c.special() * clock, c.conversion() * clock, Card.BYTES * clock, c.terabytes()));
    }
    text.append("""

        | cell | mode | float32 | float64 | special | conversions | integers | all | bytes, shared | bytes, device: `level`, `stream`, `thread` |
        |---|---|---|---|---|---|---|---|---|---|
        """);
    for (String name : CASES) {
      for (Mode mode : Mode.ALL) {
        Case c = subject(name);
        InstructionMix mix = work(c, CudaStrategy.LEVEL, mode).mix;
        text.append(String.format(Locale.ROOT, "| %s | %s | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.1f, %.0f, %.0f |\n", name, mode,
            mix.count(Unit.FP32), mix.count(Unit.FP64), mix.count(Unit.SPECIAL), mix.count(Unit.CONVERSION), mix.count(Unit.INTEGER),
            mix.total(), mix.sharedBytes(), work(c, CudaStrategy.LEVEL, mode).memory, work(c, CudaStrategy.STREAM, mode).memory,
            work(c, CudaStrategy.THREAD, mode).memory));
      }
    }
    text.append("\n| cell | kernel |");
    Card.ALL.forEach(c -> text.append(" ").append(c.name()).append(" |"));
    text.append("\n|---|---|").append("---|".repeat(Card.ALL.size())).append("\n");
    for (String name : CASES) {
      for (CudaStrategy s : CudaStrategy.values()) {
        for (Mode mode : Mode.ALL) {
          text.append("| %s | `%s` |".formatted(name, entry(s, mode)));
          for (Card card : Card.ALL) {
            List<Bound> b = bounds(subject(name), s, mode, card);
            text.append(String.format(Locale.ROOT, " %.1f %s, %.1f %s; %,d cells |", 1e12 / b.get(0).rate, b.get(0).name, 1e12 / b.get(1).rate,
                b.get(1).name, b.get(0).cells));
          }
          text.append("\n");
        }
      }
    }
    return text.toString();
  }
}
