package io.galvani.bench.surrogate;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A step of a network, by all that run it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgs = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-Xmx4g"})
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class SurrogateBenchmark {
  /** These with {@code --quick}, otherwise all of {@link Networks}. */
  @Param({"c201r5", "point"}) public String network;
  /** These with {@code --quick}, otherwise as {@link SurrogatePeers}. */
  @Param({"1", "16"}) public int cells;
  @Param public Runner runner;
  @Param({"1", "2"}) public int threads;

  private Loop loop;

  @Setup
  public void open() {
    loop = new Loop(runner, Networks.named(network), cells, threads);
  }

  @Benchmark
  public float[] step() {
    return loop.step();
  }

  @TearDown
  public void close() {
    loop.close();
  }
}
