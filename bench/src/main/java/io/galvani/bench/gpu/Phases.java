package io.galvani.bench.gpu;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.bench.gpu.InstructionMix.Unit;
import io.galvani.cable.Mode;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.cuda.Ptx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Instructions of each phase of a step for one instance or node ({@code kernels/tuning/phases.h}), as {@code kernels/ptx/phases.csv} has
 * them: of a mechanism by its name, of {@code begin} and of {@code solve}.
 *
 * @param nvcc the release that compiled them
 */
record Phases(String nvcc, Map<Mode, Map<String, InstructionMix>> of) {
  private static final String HEAD = "nvcc,precision,rates,phase," + Arrays.stream(Unit.values()).map(Unit::key).collect(Collectors.joining(","))
      + ",shared_bytes,device_bytes";
  private static final Pattern LABEL = Pattern.compile("(\\$\\w+):");
  private static final Pattern BRANCH = Pattern.compile("\\s+(@!?%p\\d+\\s+)?bra(?:\\.uni)?\\s+(\\$\\w+);");
  private static final String PREFIX = "phase_";

  /** The committed ones. */
  static Phases committed(Path root) throws IOException {
    Path file = root.resolve("kernels/ptx/phases.csv");
    List<String> lines = Files.readAllLines(file);
    if (lines.size() < 2 || !lines.getFirst().equals(HEAD)) {
      throw InputException.at(file, 1, "the head is not " + HEAD, null);
    }
    var of = new HashMap<Mode, Map<String, InstructionMix>>();
    for (String line : lines.subList(1, lines.size())) {
      String[] c = line.split(",");
      var count = new HashMap<Unit, Double>();
      for (Unit u : Unit.values()) {
        count.put(u, Double.parseDouble(c[4 + u.ordinal()]));
      }
      int bytes = 4 + Unit.values().length;
      var mode = new Mode(Precision.valueOf(c[1].toUpperCase(Locale.ROOT)), Rates.valueOf(c[2].toUpperCase(Locale.ROOT)));
      of.computeIfAbsent(mode, m -> new HashMap<>()).put(c[3], new InstructionMix(count, Double.parseDouble(c[bytes]), Double.parseDouble(c[bytes + 1])));
    }
    return new Phases(lines.get(1).split(",")[0], of);
  }

  /** Counted in PTX that {@code kernels/tuning.sh phases[_poly]_<precision>} has made. */
  static Phases counted(String nvcc, Map<Mode, Ptx> ptx) {
    var of = new HashMap<Mode, Map<String, InstructionMix>>();
    ptx.forEach((mode, text) -> {
      var phases = new HashMap<String, InstructionMix>();
      text.entries().keySet().forEach(e -> phases.put(e.substring(PREFIX.length()), InstructionMix.ofPtx(loops(body(text, e)))));
      of.put(mode, phases);
    });
    return new Phases(nvcc, of);
  }

  /** Of a phase. */
  InstructionMix of(Mode mode, String phase) {
    InstructionMix mix = of.getOrDefault(mode, Map.of()).get(phase);
    if (mix == null) {
      throw new GalvaniException("kernels/ptx/phases.csv does not have " + phase + " in " + mode);
    }
    return mix;
  }

  /** The text of {@code phases.csv}. */
  String csv() {
    Stream<String> rows = Mode.ALL.stream().filter(of::containsKey).flatMap(m -> of.get(m).entrySet().stream()
        .sorted(Map.Entry.comparingByKey()).map(e -> row(m, e.getKey(), e.getValue())));
    return HEAD + "\n" + rows.collect(Collectors.joining("\n")) + "\n";
  }

  private String row(Mode mode, String phase, InstructionMix mix) {
    String counts = Arrays.stream(Unit.values()).map(u -> String.format(Locale.ROOT, "%.0f", mix.count(u))).collect(Collectors.joining(","));
    return String.format(Locale.ROOT, "%s,%s,%s,%s,%.0f,%.0f", nvcc, mode.toString().replace(' ', ','), phase, counts,
        mix.sharedBytes(), mix.deviceBytes());
  }

  // ---- what of a kernel is done for each item -----------------------------------------------------------------------

  /** Lines of a kernel. */
  static List<String> body(Ptx ptx, String entry) {
    List<String> lines = ptx.text().lines().toList();
    int at = 0;
    while (!lines.get(at).contains(".entry " + entry + "(")) {
      at++;
    }
    int begin = at + lines.subList(at, lines.size()).indexOf("{");
    return lines.subList(begin + 1, begin + lines.subList(begin, lines.size()).indexOf("}"));
  }

  /** First and last line. */
  private record Loop(int first, int last) {
    boolean within(Loop other) {
      return other != this && other.first <= first && last <= other.last;
    }
  }

  /**
   * The lines within loops, once each, as an item takes them: nvcc puts what is seldom needed outside, and the jumps to it do not count.
   * It unrolls some loops by four and keeps the loop for what is left over: of the two that one.
   */
  static List<String> loops(List<String> body) {
    var labels = new HashMap<String, Integer>();
    var loops = new ArrayList<Loop>();
    for (int i = 0; i < body.size(); i++) {
      Matcher label = LABEL.matcher(body.get(i));
      Matcher branch = BRANCH.matcher(body.get(i));
      if (label.matches()) {
        labels.put(label.group(1), i);
      } else if (branch.matches() && branch.group(1) != null && labels.containsKey(branch.group(2))) {
        loops.add(new Loop(labels.get(branch.group(2)), i));
      }
    }
    List<Loop> outer = loops.stream().filter(l -> loops.stream().noneMatch(l::within)).sorted(Comparator.comparingInt(Loop::first)).toList();
    var lines = new ArrayList<String>();
    for (Loop l : outer) {
      long stores = stores(body, l);
      if (outer.stream().noneMatch(o -> 4 * stores(body, o) == stores && stores > 0)) {
        for (String line : body.subList(l.first, l.last + 1)) {
          Matcher branch = BRANCH.matcher(line);
          Integer to = branch.matches() ? labels.get(branch.group(2)) : null;
          if (to == null || branch.group(1) != null || to >= l.first && to <= l.last) {
            lines.add(line);
          }
        }
      }
    }
    return lines;
  }

  private static long stores(List<String> body, Loop loop) {
    return body.subList(loop.first, loop.last).stream().filter(line -> line.contains("st.shared")).count();
  }
}
