package io.galvani.bench;

import io.galvani.Population;
import io.galvani.Spikes;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.cuda.CudaDevice;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** How long tests wait for the emulated driver: a millisecond of 32 squid axons. It says nothing of any GPU. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgs = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 3, time = 1)
public class EmulatedRun {
  private final Spikes spikes = new Spikes();
  private Population population;

  @Setup
  public void open() {
    population = Cases.load("singlex32").population(CudaDevice.get(), new io.galvani.cable.Mode(Precision.MIXED, Rates.EXACT), o -> o);
  }

  @Benchmark
  public void millisecond() {
    population.advance(population.time() + 1, spikes);
    spikes.clear();
  }

  @TearDown
  public void close() {
    population.close();
  }
}
