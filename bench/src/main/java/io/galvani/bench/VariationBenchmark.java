package io.galvani.bench;

import io.galvani.bench.Cases.Load;
import io.galvani.cable.Mode;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** What it costs that cells differ: three conductances of each cell its own, beside cells that are all alike. */
public class VariationBenchmark extends PopulationBenchmark {
  @Param({"c200x128", "l5pcx16"}) public String on;
  @Param public Precision precision;
  @Param public Rates rates;
  @Param({"false", "true"}) public boolean varied;

  @Setup
  public void open() {
    Load load = Cases.load(on);
    open(load, new Mode(precision, rates), o -> varied ? load.varied(o) : o);
  }

  @Benchmark
  public void variation(Work work) {
    advance(work);
  }
}
