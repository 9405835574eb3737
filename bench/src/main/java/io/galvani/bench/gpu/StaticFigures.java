package io.galvani.bench.gpu;

import io.galvani.GalvaniException;
import io.galvani.bench.Cases.Load;
import io.galvani.bench.gpu.InstructionMix.Unit;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Precision;
import io.galvani.device.cuda.CudaStrategy;
import io.galvani.device.cuda.Multiprocessor;
import io.galvani.device.cuda.PackShape;
import io.galvani.device.cuda.Ptx;
import io.galvani.device.cuda.PtxCompiler;
import io.galvani.device.cuda.StepKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is known of step kernels without running them: registers, spills, occupancy, instructions, and the cells that a multiprocessor
 * holds.
 */
final class StaticFigures {
  private final List<StepKernel> kernels;
  private final Precision precision;
  private final List<Multiprocessor> multiprocessors;
  private final Map<String, PtxCompiler.Compiled> compiled = new ConcurrentHashMap<>();  // by PTX and architecture

  /** Compiles the kernels, all of one precision, for some architectures. */
  StaticFigures(List<StepKernel> kernels, Precision precision, List<Multiprocessor> multiprocessors) {
    this.kernels = kernels;
    this.precision = precision;
    this.multiprocessors = multiprocessors;
    PtxCompiler compiler = PtxCompiler.ofJCuda();
    kernels.stream().map(StepKernel::ptx).distinct().flatMap(p -> multiprocessors.stream().map(m -> Map.entry(p, m.arch())))
        .parallel().forEach(e -> compiled.put(key(e.getKey(), e.getValue()), compiler.compile(e.getKey(), e.getValue())));
  }

  private static String key(Ptx ptx, String arch) {
    return ptx.name() + " " + arch;
  }

  PtxCompiler.Resources resources(StepKernel kernel, Multiprocessor m) {
    return compiled.get(key(kernel.ptx(), m.arch())).entries().get(kernel.entry());
  }

  /**
   * How cells of a load lie on a multiprocessor, in packs that let it hold the most.
   *
   * @param sharedBytes of a block
   */
  record Placed(PackShape shape, long sharedBytes, int blocks) {
    int cells() {
      return blocks * shape.cells();
    }
  }

  /** Empty where not even one cell fits. */
  Optional<Placed> placed(StepKernel kernel, Multiprocessor m, Load load) {
    PackShape.Demand demand = demand(load);
    return PackShape.sizes(kernel.variant(), demand, load.cells(), m.sharedOfBlock()).stream().map(log2 -> {
      PackShape shape = PackShape.of(kernel.variant(), log2, demand);
      long shared = demand.shared(kernel.variant().strategy()) << log2;
      PtxCompiler.Resources r = resources(kernel, m);
      return new Placed(shape, shared, m.fits(r.registers(), r.sharedBytes() + (int) shared, shape.threads()));
    }).max(Comparator.comparingInt(Placed::cells).thenComparingInt(Placed::blocks));
  }

  private PackShape.Demand demand(Load load) {
    return PackShape.Demand.of(load.subject().cell(), CableOptions.of(load.subject().cell()).precision(precision));
  }

  /** Prints all of it. */
  void print(List<Load> loads, Consumer<String> out) {
    List<Load> cells = loads.stream().collect(Collectors.toMap(l -> l.subject().name(), l -> l, (a, b) -> a, LinkedHashMap::new))
        .values().stream().toList();
    out.accept("Bytes of shared memory a cell, " + precision.name().toLowerCase(Locale.ROOT) + ":");
    for (Load l : cells) {
      out.accept(Arrays.stream(CudaStrategy.values()).map(s -> "%s %,d".formatted(s.key(), demand(l).shared(s)))
          .collect(Collectors.joining(", ", "  %-8s".formatted(l.subject().name()), "")));
    }
    out.accept("");
    out.accept("Registers and spills of a thread; then for each cell the pack that lets a multiprocessor hold the most: cells of a pack,");
    out.accept("threads and KiB of shared memory of a block, blocks and cells on a multiprocessor, occupancy; lanes of a cell in the tree");
    out.accept("solve, and its rounds.");
    out.accept("%-24s %-6s %9s %12s %6s   %s".formatted("variant", "arch", "registers", "spills, B", "stack", cells.stream()
        .map(l -> "%-46s".formatted(l.subject().name() + ": pack thr KiB blk cells occ lanes rounds")).collect(Collectors.joining(" ")).stripTrailing()));
    for (StepKernel k : kernels) {
      for (Multiprocessor m : multiprocessors) {
        PtxCompiler.Resources r = resources(k, m);
        out.accept("%-24s %-6s %9d %12s %6d   %s".formatted(k.variant(), m.arch(), r.registers(),
            r.spillStoreBytes() + " + " + r.spillLoadBytes(), r.stackBytes(),
            cells.stream().map(l -> "%-46s".formatted(text(k, m, l))).collect(Collectors.joining(" ")).stripTrailing()));
      }
    }
    out.accept("");
    mixes(out);
  }

  private String text(StepKernel k, Multiprocessor m, Load load) {
    String indent = " ".repeat(load.subject().name().length() + 1);
    return placed(k, m, load).filter(p -> p.blocks() > 0).map(p -> indent + "%5d %3d %3.0f %3d %5d %2d%% %5d %6d".formatted(
        p.shape.cells(), p.shape.threads(), p.sharedBytes() / 1024.0, p.blocks(), p.cells(), m.occupancy(p.blocks(), p.shape.threads()),
        p.shape.lanes(), p.shape.rounds(load.subject().cell()))).orElse(indent + " does not fit");
  }

  // ---- instructions ------------------------------------------------------------------------------------------------

  private void mixes(Consumer<String> out) {
    boolean disassembled = disassembler();
    out.accept("Instructions of the whole kernel, all mechanisms, counted in " + (disassembled
        ? "the machine code for " + multiprocessors.getFirst().arch() + ":"
        : "its PTX (nvdisasm, which would show the machine code, is not on the PATH):"));
    out.accept("%-24s %s".formatted("variant", Arrays.stream(Unit.values()).map(u -> "%10s".formatted(u.key()))
        .collect(Collectors.joining(" "))));
    var sources = new HashSet<String>();
    for (StepKernel k : kernels) {
      boolean first = sources.add(k.variant().source());
      if (!disassembled && !first) {
        continue;  // launch bounds change the machine code, not the PTX
      }
      InstructionMix mix = disassembled ? InstructionMix.ofSass(machineCode(k)) : InstructionMix.ofPtx(Phases.body(k.ptx(), k.entry()));
      out.accept("%-24s %s".formatted(disassembled ? k.variant() : k.variant().source(),
          Arrays.stream(Unit.values()).map(u -> "%10.0f".formatted(mix.count(u)))
          .collect(Collectors.joining(" "))));
    }
  }

  private static boolean disassembler() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":")).anyMatch(d -> Files.isExecutable(Path.of(d, "nvdisasm")));
  }

  private List<String> machineCode(StepKernel kernel) {
    try {
      Path cubin = Files.createTempFile("galvani", ".cubin");
      try {
        Files.write(cubin, compiled.get(key(kernel.ptx(), multiprocessors.getFirst().arch())).cubin());
        Process process = new ProcessBuilder("nvdisasm", cubin.toString()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        List<String> lines = new String(process.getInputStream().readAllBytes()).lines().toList();
        int begin = lines.indexOf(".text." + kernel.entry() + ":");
        if (begin < 0) {
          throw new GalvaniException("nvdisasm does not show " + kernel.entry());
        }
        return lines.stream().skip(begin + 1).takeWhile(l -> !l.startsWith(".section") && !l.contains("\t.section\t")).toList();
      } finally {
        Files.delete(cubin);
      }
    } catch (IOException e) {
      throw new GalvaniException("nvdisasm: " + e.getMessage(), e);
    }
  }
}
