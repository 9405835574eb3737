package io.galvani.bench;

import io.galvani.device.cuda.Cuda;
import io.galvani.device.cuda.CudaBuffer;
import io.galvani.device.cuda.CudaContext;
import io.galvani.device.cuda.CudaGraph;
import io.galvani.device.cuda.CudaKernel;
import io.galvani.device.cuda.CudaStream;
import io.galvani.device.cuda.LaunchShape;
import io.galvani.device.cuda.Ptx;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a launch costs, of a kernel that writes one value: what every exchange interval pays, however few cells it has. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 2, jvmArgs = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class LaunchCost {
  private static final LaunchShape ONE = LaunchShape.of(1, 32);

  private CudaContext context;
  private CudaStream stream;
  private CudaKernel kernel;
  private CudaBuffer value;
  private CudaBuffer other;
  private CudaGraph graph;

  @Setup
  public void open() {
    context = Cuda.gpu(0).open();
    stream = context.stream();
    kernel = context.module(Ptx.packaged("probe")).kernel("probe_f32");
    value = context.buffer(Float.BYTES);
    other = context.buffer(Float.BYTES);
    graph = stream.graph(this::put);
  }

  private void put() {
    kernel.launch(stream, ONE, value, other, 1f, 0f, 1);
  }

  /** Into the stream, without a wait. */
  @Benchmark
  public void launch() {
    put();
  }

  /** Until it is done. */
  @Benchmark
  public void launchAndWait() {
    put();
    stream.synchronize();
  }

  /** A recorded launch, until it is done. */
  @Benchmark
  public void graphAndWait() {
    graph.launch(stream);
    stream.synchronize();
  }

  @TearDown(Level.Iteration)
  public void drain() {
    stream.synchronize();
  }

  /** With all that was made in it. */
  @TearDown
  public void close() {
    context.close();
  }
}
