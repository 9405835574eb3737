package io.galvani.bench;

import io.galvani.cable.Mode;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** The direct engine on the CPU: every load in every mode, on one thread and on two. */
public class CableBenchmark extends PopulationBenchmark {
  /** These with {@code --quick}, otherwise all of {@link Cases}. */
  @Param({"singlex1000", "c200x1", "c200x16", "l5pcx16"}) public String load;
  @Param public Precision precision;
  @Param public Rates rates;
  @Param({"1", "2"}) public int threads;

  @Setup
  public void open() {
    open(Cases.load(load), new Mode(precision, rates), o -> o.threads(threads));
  }

  @Benchmark
  public void cable(Work work) {
    advance(work);
  }
}
