package io.galvani.cli;

import io.galvani.bench.Bench;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code galvani bench}. */
@Command(name = "bench",
    description = "Measure: JMH benchmarks, NEURON or frameworks for networks side by side, kernels of the GPU, memory.",
    customSynopsis = {"galvani bench --peers [--rounds N] [LOAD...]",
        "       galvani bench --surrogates [--cells N,...] [--threads N,...] [--rounds N] [NETWORK...]",
        "       galvani bench --tune [--precision f64|mixed|f32] [--rounds N] [--variants NAME,...] [LOAD|CELLxN...]",
        "       galvani bench --memory",
        "       galvani bench [--quick] [JMH options]"},
    footer = {"", "A LOAD is a case and a number of cells: singlex1000, c200x16, c600x1, l5pcx128; --tune takes any CELL that simulate does.",
        "NETWORKs: c201r5, c201r1, c3r5, point.",
        "Figures of a busy machine are worth nothing; ratios within one run are."})
final class BenchCommand implements Callable<Integer> {
  /** The benchmarks read their own options. */
  @Unmatched private final List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    if (arguments.stream().anyMatch(a -> a.equals("--help") || a.equals("-h"))) {
      new picocli.CommandLine(this).usage(System.out);
      return 0;
    }
    Bench.main(arguments.toArray(String[]::new));
    return 0;
  }
}
