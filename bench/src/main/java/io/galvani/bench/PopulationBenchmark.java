package io.galvani.bench;

import io.galvani.Population;
import io.galvani.Spikes;
import io.galvani.bench.Cases.Load;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Mode;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What benchmarks of a population share: how they are run, and the population. */
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 2, jvmArgs = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
    "-XX:+UseSerialGC", "-Xms256m", "-Xmx1g"})
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public abstract class PopulationBenchmark {
  // Compartment-steps of an invocation: so many that neither the call nor the clock shows.
  private static final double STRETCH = 1e6;

  private final Spikes spikes = new Spikes();
  private Population population;
  private double ms;
  private long compartmentSteps;

  /** A secondary figure of JMH's: here time is divided by work and not by invocations. */
  @AuxCounters
  @State(Scope.Thread)
  public static class Work {
    public long compartmentSteps;
  }

  final void open(Load load, Mode mode, UnaryOperator<CableOptions> options) {
    population = load.population(mode, options);
    ms = load.stretch(STRETCH);
    compartmentSteps = load.compartmentSteps(ms);
  }

  final void advance(Work work) {
    advance(ms);
    work.compartmentSteps += compartmentSteps;
  }

  final void advanceOneStep() {
    advance(population.step());
  }

  private void advance(double ms) {
    population.advance(population.time() + ms, spikes);
    spikes.clear();
  }

  @TearDown
  public void close() {
    population.close();
  }
}
