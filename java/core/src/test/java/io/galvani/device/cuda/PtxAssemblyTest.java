package io.galvani.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Assembles every PTX for the architectures it will run on, without a GPU: by the compiler of CUDA 12.0 inside JCuda, which proves
 * that drivers of that age read it, and by {@code ptxas}, where it is installed, for those that came later. What they report must be
 * what {@code kernels/ptx/registers.csv} says: a spill, or a register more, is somebody's decision.
 */
class PtxAssemblyTest {
  private static final String UPDATE = "./mvnw -pl java/core -am test -Dtest=PtxAssemblyTest -Dgalvani.update=registers"
      + " -Dsurefire.failIfNoSpecifiedTests=false";
  private static final String HEAD =
      "ptx,entry,arch,compiler,registers,stack_bytes,spill_store_bytes,spill_load_bytes,shared_bytes,block_threads,blocks_per_sm,occupancy_percent";
  private static final String HEAD_OF_BLOCK = "//   registers (+ bytes spilled)";
  private static final Path FOLDER = Path.of(System.getProperty("galvani.root"), "kernels", "ptx");
  private static final Path TABLE = FOLDER.resolve("registers.csv");

  @Test
  void registersAreThoseOfTheTable() throws Exception {
    record Job(Ptx ptx, Multiprocessor on, PtxCompiler by) {}
    var jobs = new ArrayList<Job>();
    PtxCompiler jcuda = PtxCompiler.ofJCuda();
    Optional<PtxCompiler> ptxas = PtxCompiler.ptxas();
    for (Ptx ptx : packaged()) {
      Multiprocessor.ALL.forEach(m -> jobs.add(new Job(ptx, m, jcuda)));
      ptxas.ifPresent(p -> Multiprocessor.LATER.forEach(m -> jobs.add(new Job(ptx, m, p))));
    }
    var found = new ConcurrentSkipListMap<String, String>();
    jobs.parallelStream().forEach(j -> rows(j.ptx, j.on, j.by, found));
    if ("registers".equals(System.getProperty("galvani.update"))) {
      assertTrue(ptxas.isPresent(), "the table is made where ptxas is on the PATH");
      Files.writeString(TABLE, HEAD + "\n" + String.join("\n", found.values()) + "\n");
    }

    List<String> lines = Files.readAllLines(TABLE);
    assertEquals(HEAD, lines.getFirst());
    var expected = new TreeMap<String, String>();
    lines.stream().skip(1).forEach(row -> expected.put(key(row), row));
    // What ptxas counts is compared where it is the ptxas of the table.
    Set<String> here = compilers(found);
    Set<String> there = compilers(expected);
    there.stream().filter(c -> !here.contains(c)).forEach(c -> System.out.println("skipped: registers as counted by " + c + ", not here"));
    expected.values().removeIf(row -> !here.contains(compiler(row)));
    found.values().removeIf(row -> compiler(row).startsWith("ptxas") && !there.contains(compiler(row)));

    var differences = new ArrayList<String>();
    expected.forEach((key, row) -> {
      if (!row.equals(found.get(key))) {
        differences.add("- " + row);
      }
    });
    found.forEach((key, row) -> {
      if (!row.equals(expected.get(key))) {
        differences.add("+ " + row);
      }
    });
    assertTrue(differences.isEmpty(), () -> "kernels/ptx/registers.csv (-) and the compilers (+) differ:\n" + HEAD + "\n"
        + String.join("\n", differences) + "\nIf that is what you want: " + UPDATE);
    for (Ptx ptx : packaged()) {
      requireHead(ptx.name(), lines.stream().skip(1).map(row -> List.of(row.split(","))).filter(r -> r.getFirst().equals(ptx.name())).toList());
    }
  }

  /** The head of a kernel's source has the registers of each entry, as the table does. */
  private static void requireHead(String name, List<List<String>> rows) throws IOException {
    Path source;
    try (var rooms = Files.list(FOLDER.getParent())) {
      source = rooms.map(r -> r.resolve(name + ".cu")).filter(Files::exists).findFirst().orElseThrow();
    }
    List<String> archs = rows.stream().map(r -> r.get(2)).distinct().toList();
    var block = new ArrayList<String>();
    block.add("%-41s".formatted(HEAD_OF_BLOCK) + archs.stream().map("%10s"::formatted).collect(Collectors.joining()) + "    static shared memory, B");
    rows.stream().collect(Collectors.groupingBy(r -> r.get(1), LinkedHashMap::new, Collectors.toList())).forEach((entry, of) -> block.add(
        "//     %-34s".formatted(entry) + of.stream().map(r -> "%10s".formatted(registers(r))).collect(Collectors.joining())
        + "%10s".formatted(of.getFirst().get(8))));
    List<String> text = Files.readAllLines(source);
    int from = (int) text.stream().takeWhile(l -> !l.startsWith(HEAD_OF_BLOCK)).count();
    int to = from + (int) text.stream().skip(from).takeWhile(l -> l.startsWith(HEAD_OF_BLOCK) || l.startsWith("//     " + name.split("_")[0])).count();
    assertTrue(from < to, () -> source + " has no line '" + HEAD_OF_BLOCK + "'");
    if ("registers".equals(System.getProperty("galvani.update"))) {
      var updated = new ArrayList<>(text.subList(0, from));
      updated.addAll(block);
      updated.addAll(text.subList(to, text.size()));
      Files.write(source, updated);
    } else {
      assertEquals(String.join("\n", block), String.join("\n", text.subList(from, to)), () -> source + "; bring it up to date: " + UPDATE);
    }
  }

  // With the bytes that are spilled, if any.
  private static String registers(List<String> row) {
    int spilled = Integer.parseInt(row.get(6)) + Integer.parseInt(row.get(7));
    return row.get(4) + (spilled == 0 ? "" : "+" + spilled + "B");
  }

  private static List<Ptx> packaged() throws IOException {
    try (var files = Files.list(FOLDER)) {
      List<Ptx> all = files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith(".ptx")).sorted()
          .map(f -> Ptx.packaged(f.substring(0, f.length() - 4))).toList();
      assertTrue(all.stream().anyMatch(p -> p.name().equals("probe")));
      return all;
    }
  }

  private static String key(String row) {
    String[] columns = row.split(",");
    return "%s,%s,%5s".formatted(columns[0], columns[1], columns[2].replace("sm_", ""));
  }

  private static String compiler(String row) {
    return row.split(",")[3];
  }

  private static Set<String> compilers(Map<String, String> rows) {
    return rows.values().stream().map(PtxAssemblyTest::compiler).collect(Collectors.toSet());
  }

  private static void rows(Ptx ptx, Multiprocessor m, PtxCompiler compiler, Map<String, String> rows) {
    PtxCompiler.Compiled compiled = compiler.compile(ptx, m.arch());
    assertEquals(ptx.entries().keySet(), compiled.entries().keySet(),
        () -> "entries in the report of " + compiler.name() + ":\n" + compiled.log());
    compiled.entries().forEach((name, r) -> {
      int threads = ptx.entry(name).maxThreads();
      assertTrue(threads > 0, name + " of " + ptx + " has no __launch_bounds__");
      int blocks = m.fits(r.registers(), r.sharedBytes(), threads);
      String row = String.join(",", ptx.name(), name, m.arch(), compiler.name(), Integer.toString(r.registers()),
          Integer.toString(r.stackBytes()), Integer.toString(r.spillStoreBytes()), Integer.toString(r.spillLoadBytes()),
          Integer.toString(r.sharedBytes()), Integer.toString(threads), Integer.toString(blocks),
          Integer.toString(m.occupancy(blocks, threads)));
      rows.put(key(row), row);
    });
  }
}
