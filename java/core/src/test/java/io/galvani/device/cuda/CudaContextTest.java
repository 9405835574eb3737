package io.galvani.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

@NeedsGpu
class CudaContextTest {
  private static final int COUNT = 1000;

  private CudaContext gpu;

  @BeforeEach
  void open() {
    gpu = Cuda.gpu(0).open();
  }

  @AfterEach
  void close() {
    if (gpu != null) {
      gpu.close();
    }
  }

  /** exp(x) and exp(x) − 1 at x = first, first + 1/8, …: COUNT floats each. */
  private void launch(CudaModule module, CudaStream stream, CudaBuffer exp, CudaBuffer expm1, float first) {
    module.kernel("probe_f32").launch(stream, LaunchShape.covering(COUNT, 256), exp, expm1, first, 0.125f, COUNT);
  }

  private static void assertExp(float first, float[] found) {
    for (int i = 0; i < found.length; i++) {
      double right = Math.clamp(first + i * 0.125, -87, 88);
      assertEquals(1, found[i] / Math.exp(right), 3e-7, "at " + i);
    }
  }

  private static void assertRefused(String part, Executable call) {
    var e = assertThrows(GalvaniException.class, call);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void theProbeAgreesWithTheHost() {
    String found = CudaProbe.run(gpu);
    assertTrue(found.startsWith("exp and expm1 of 2049 values within "), found);
  }

  @Test
  void describesTheGpu() {
    CudaGpu described = gpu.gpu();
    assertEquals(described, Cuda.gpus().getFirst());
    assertTrue(described.major() >= 8 && described.multiprocessors() > 0 && described.sharedMemory() >= 48 << 10, described.toString());
    assertTrue(described.description().contains(described.architecture()), described.description());
    assertTrue(Cuda.driver().matches("CUDA 1\\d\\.\\d.*"), Cuda.driver());
    assertTrue(Cuda.absence().isEmpty());
    assertRefused("there is no GPU 99", () -> Cuda.gpu(99));
    assertRefused("there is no GPU -1", () -> Cuda.gpu(-1));
  }

  @Test
  void copiesWhatItIsGiven() {
    double[] doubles = IntStream.range(0, COUNT).mapToDouble(i -> i + 0.5).toArray();
    try (CudaBuffer buffer = gpu.buffer(MemorySegment.ofArray(doubles)); Arena arena = Arena.ofConfined()) {
      assertEquals(8L * COUNT, buffer.bytes());
      double[] back = new double[COUNT];
      buffer.download(MemorySegment.ofArray(back));
      assertArrayEquals(doubles, back);

      // Ranges, of every kind of memory: slices of arrays, native, read-only.
      buffer.upload(80, MemorySegment.ofArray(new double[] {0, -1, -2, 0}).asSlice(8, 16));
      buffer.upload(96, arena.allocateFrom(ValueLayout.JAVA_DOUBLE, -3));
      buffer.upload(104, MemorySegment.ofArray(new double[] {-4}).asReadOnly());
      buffer.upload(112, arena.allocateFrom(ValueLayout.JAVA_DOUBLE, -5).asReadOnly());
      long[] bits = new long[9];
      buffer.download(72, MemorySegment.ofArray(bits).asSlice(8, 56));
      assertArrayEquals(new double[] {0, 9.5, -1, -2, -3, -4, -5, 15.5, 0},
          Arrays.stream(bits).mapToDouble(Double::longBitsToDouble).toArray());
      MemorySegment own = arena.allocate(16);
      buffer.download(8, own);
      assertEquals(2.5, own.getAtIndex(ValueLayout.JAVA_DOUBLE, 1));

      assertRefused("16 bytes at 7992 are not within the buffer of 8000 bytes", () -> buffer.download(7992, own));
      assertRefused("16 bytes at -8 are not within", () -> buffer.upload(-8, own));
      assertRefused("0 bytes at 8008 are not within", () -> buffer.download(8008, own.asSlice(0, 0)));
      buffer.upload(8000, MemorySegment.ofArray(new int[0]));
      assertRefused("read-only", () -> buffer.download(own.asReadOnly()));
    }
    assertRefused("0 bytes were asked for", () -> gpu.buffer(0));
  }

  @Test
  void streamsCopyAndSetInOrder() {
    try (CudaStream stream = gpu.stream(); CudaBuffer a = gpu.buffer(4L * COUNT); CudaBuffer b = gpu.buffer(4L * COUNT);
        CudaHostBuffer host = gpu.hostBuffer(4L * COUNT); CudaHostBuffer back = gpu.hostBuffer(4L * COUNT)) {
      for (int i = 0; i < COUNT; i++) {
        host.memory().setAtIndex(ValueLayout.JAVA_INT, i, i);
      }
      a.upload(stream, 0, host, 0, 80);
      a.upload(stream, 80, host, 80, 4L * COUNT - 80);
      b.zero(stream);
      b.copy(stream, 400, a, 40, 200);
      b.zero(stream, 404, 4);
      b.zero(stream, 408, 0);
      b.upload(stream, 408, host, 0, 0);
      b.copy(stream, 408, b, 408, 0);
      b.download(stream, 408, back, 0, 0);
      b.download(stream, 0, back, 0, 480);
      b.download(stream, 480, back, 480, 4L * COUNT - 480);
      stream.synchronize();
      assertTrue(stream.done());
      for (int i = 0; i < COUNT; i++) {
        assertEquals(i == 101 || i < 100 || i >= 150 ? 0 : i - 90, back.memory().getAtIndex(ValueLayout.JAVA_INT, i), "at " + i);
      }
      assertRefused("overlap", () -> b.copy(stream, 0, b, 4, 8));
      assertRefused("8 bytes at 3996 are not within the host buffer", () -> b.upload(stream, 0, host, 3996, 8));
      assertRefused("8 bytes at 3996 are not within the buffer", () -> b.zero(stream, 3996, 8));
    }
  }

  @Test
  void launchesAndTellsOfTheKernel() {
    try (CudaModule module = gpu.module(Ptx.packaged("probe")); CudaStream stream = gpu.stream();
        CudaBuffer exp = gpu.buffer(4L * COUNT); CudaBuffer expm1 = gpu.buffer(4L * COUNT);
        CudaEvent before = gpu.event(); CudaEvent after = gpu.event()) {
      stream.record(before);
      launch(module, stream, exp, expm1, -60);
      stream.record(after);
      after.synchronize();
      assertTrue(after.done() && after.millisecondsSince(before) >= 0);
      float[] found = new float[COUNT];
      exp.download(MemorySegment.ofArray(found));
      assertExp(-60, found);

      // By address, as a struct of pointers would have it: the second half only.
      module.kernel("probe_f32").launch(stream, LaunchShape.of(1, 32), exp.address() + 2000, expm1.address(), 1f, 0f, 2);
      exp.download(1996, MemorySegment.ofArray(found).asSlice(0, 16));
      assertEquals(1, found[0] / Math.exp(-60 + 499 * 0.125), 3e-7);
      assertEquals(Math.E, found[1], 1e-6);
      assertEquals(Math.E, found[2], 1e-6);

      CudaKernel kernel = module.kernel("probe_f64");
      assertEquals(256, kernel.maxThreads());
      assertEquals(List.of("u64", "u64", "f64", "f64", "u32"), kernel.parameters().stream().map(Ptx.Parameter::type).toList());
      assertEquals(0, kernel.sharedBytes());
      assertTrue(kernel.blocksPerMultiprocessor(LaunchShape.of(1, 256)) > 0);
      assertRefused("unknown kernel 'probe_f23'. Did you mean 'probe_f32'?", () -> module.kernel("probe_f23"));
      assertRefused("no variable 'nothing'", () -> module.variable("nothing"));
    }
  }

  /** Types that no kernel of ours has yet, and a variable. */
  @Test
  void structsAndSmallIntegersAreGivenByValue() {
    assumeFalse("emulated".equals(System.getProperty("galvani.gpu")), "the emulated driver runs no PTX");
    Ptx ptx = Ptx.parse("test", """
        // galvani: test
        .version 8.0
        .target sm_80
        .address_size 64
        .visible .global .align 8 .f64 scale;
        .visible .entry put(
          .param .align 8 .b8 to_and_a[16],
          .param .u16 n,
          .param .u8 flag
        )
        .maxntid 32, 1, 1
        {
          .reg .b64 %rd<2>;
          .reg .b16 %h<3>;
          .reg .f64 %fd<6>;
          ld.param.u64 %rd1, [to_and_a];
          ld.param.f64 %fd1, [to_and_a+8];
          ld.param.u16 %h1, [n];
          ld.param.u8 %h2, [flag];
          cvta.to.global.u64 %rd1, %rd1;
          ld.global.f64 %fd2, [scale];
          cvt.rn.f64.u16 %fd3, %h1;
          cvt.rn.f64.u16 %fd4, %h2;
          add.f64 %fd3, %fd3, %fd4;
          fma.rn.f64 %fd5, %fd1, %fd2, %fd3;
          st.global.f64 [%rd1], %fd5;
          ret;
        }
        """);
    double[] result = new double[1];
    try (CudaModule module = gpu.module(ptx); CudaStream stream = gpu.stream(); CudaBuffer out = gpu.buffer(8);
        CudaBuffer scale = module.variable("scale"); Arena arena = Arena.ofConfined()) {
      assertEquals(8, scale.bytes());
      scale.upload(MemorySegment.ofArray(new double[] {10}));
      MemorySegment struct = arena.allocate(16, 8);
      struct.set(ValueLayout.JAVA_LONG, 0, out.address());
      struct.set(ValueLayout.JAVA_DOUBLE, 8, 2.5);
      CudaKernel put = module.kernel("put");
      LaunchShape one = LaunchShape.of(1, 1);
      put.launch(stream, one, struct, (short) 300, true);
      out.download(MemorySegment.ofArray(result));
      assertEquals(326, result[0]);
      put.launch(stream, one, struct.toArray(ValueLayout.JAVA_BYTE), (short) 1, (byte) 7);
      out.download(MemorySegment.ofArray(result));
      assertEquals(33, result[0]);
      assertRefused("argument 1 of 3: MemorySegment of 8 bytes is given for struct of 16 bytes",
          () -> put.launch(stream, one, struct.asSlice(0, 8), (short) 1, true));
      assertRefused("argument 2 of 3: Integer 1 is given for u16", () -> put.launch(stream, one, struct, 1, true));
      assertRefused("argument 3 of 3: byte[] of 2 bytes is given for u8", () -> put.launch(stream, one, struct, (short) 1, new byte[2]));
    }
  }

  @Test
  void wrongArgumentsAndShapesAreRefusedBeforeTheDriverSeesThem() {
    try (CudaModule module = gpu.module(Ptx.packaged("probe")); CudaStream stream = gpu.stream();
        CudaBuffer out = gpu.buffer(4096); CudaContext other = Cuda.gpu(0).open(); CudaBuffer foreign = other.buffer(4096)) {
      CudaKernel kernel = module.kernel("probe_f32");
      LaunchShape one = LaunchShape.of(1, 32);
      assertRefused("4 arguments are given, it takes 5: [u64, u64, f32, f32, u32]", () -> kernel.launch(stream, one, out, out, 0f, 0f));
      assertRefused("kernel probe_f32:argument 3 of 5: Double 0.5 is given for f32", () -> kernel.launch(stream, one, out, out, 0.5, 0f, 1));
      assertRefused("argument 5 of 5: Long 1 is given for u32", () -> kernel.launch(stream, one, out, out, 0f, 0f, 1L));
      assertRefused("argument 5 of 5: CudaBuffer", () -> kernel.launch(stream, one, out, out, 0f, 0f, out));
      assertRefused("argument 1 of 5: byte[] of 8 bytes", () -> kernel.launch(stream, one, new byte[8], out, 0f, 0f, 1));
      assertRefused("argument 2 of 5: null", () -> kernel.launch(stream, one, out, null, 0f, 0f, 1));
      assertRefused("takes 256 threads a block", () -> kernel.launch(stream, LaunchShape.of(1, 257), out, out, 0f, 0f, 1));
      int most = gpu.gpu().sharedMemory();
      assertRefused("has room for " + most, () -> kernel.launch(stream, one.withShared(most + 1), out, out, 0f, 0f, 1));
      assertRefused("an extent below 1", () -> LaunchShape.of(0, 32));
      assertRefused("beyond what a GPU takes", () -> LaunchShape.of(1, 1025));
      assertRefused("belongs to", () -> kernel.launch(stream, one, out, foreign, 0f, 0f, 1));
      CudaBuffer closed = gpu.buffer(1024);
      closed.close();
      assertRefused("The buffer of 1024 bytes is closed", () -> kernel.launch(stream, one, out, closed, 0f, 0f, 1));

      // More shared memory than is given unasked is asked for.
      try (CudaBuffer exp = gpu.buffer(4); CudaBuffer expm1 = gpu.buffer(4)) {
        kernel.launch(stream, one.withShared(most), exp, expm1, 1f, 0f, 1);
        float[] e = new float[1];
        exp.download(MemorySegment.ofArray(e));
        assertEquals(Math.E, e[0], 1e-6);
      }
    }
  }

  @Test
  void whatIsClosedIsRefused() {
    CudaBuffer buffer = gpu.buffer(16);
    CudaHostBuffer host = gpu.hostBuffer(16);
    CudaModule module = gpu.module(Ptx.packaged("probe"));
    CudaStream stream = gpu.stream();
    CudaEvent event = gpu.event();
    CudaKernel kernel = module.kernel("probe_f32");
    module.close();
    module.close();
    assertRefused("The module probe is closed", () -> kernel.launch(stream, LaunchShape.of(1, 1), buffer, buffer, 0f, 0f, 1));
    event.close();
    assertRefused("The event is closed", () -> stream.record(event));
    MemorySegment memory = host.memory();
    host.close();
    assertThrows(IllegalStateException.class, () -> memory.set(ValueLayout.JAVA_INT, 0, 1));
    assertRefused("The host buffer of 16 bytes is closed", () -> buffer.upload(stream, 0, host, 0, 16));
    stream.close();
    assertRefused("The stream is closed", stream::synchronize);
    gpu.close();
    assertRefused("is closed", () -> buffer.upload(MemorySegment.ofArray(new int[1])));
    assertRefused("is closed", () -> gpu.buffer(1));
    buffer.close();
    gpu.close();
  }

  @Test
  void closingTheContextGivesBackWhatIsLeft() {
    long before = gpu.freeMemory();
    try (CudaContext second = Cuda.gpu(0).open()) {
      second.buffer(64 << 20);
      second.stream();
      assertTrue(gpu.freeMemory() <= before - (48 << 20));
    }
    assertTrue(gpu.freeMemory() >= before - (16 << 20), "a GPU has other users too");
  }

  @Test
  void memoryThatIsNotThereIsNamed() {
    var e = assertThrows(CudaException.class, () -> gpu.buffer(1L << 40));
    assertEquals(CUresult.CUDA_ERROR_OUT_OF_MEMORY, e.status());
    assertFalse(e.deviceLost());
    assertTrue(e.getMessage().matches("cuMemAlloc of buffer of 1099511627776 bytes: CUDA_ERROR_OUT_OF_MEMORY\\. "
        + "\\d+ of \\d+ MiB of device memory are free\\. Use fewer cells.*"), e.getMessage());
    try (CudaBuffer buffer = gpu.buffer(1024)) {
      assertEquals(1024, buffer.bytes(), "the device goes on");
    }
  }

  @Test
  void ptxThatDoesNotCompileIsNamed() {
    Ptx good = Ptx.packaged("probe");
    var refused = new Ptx("nothing", good.version(), good.target(), good.entries(), "// galvani: nothing\nnonsense {\n");
    var e = assertThrows(CudaException.class, () -> gpu.module(refused));
    assertTrue(e.getMessage().startsWith("cuModuleLoadDataEx of module nothing for sm_"), e.getMessage());
  }

  @Test
  void anyThreadMayCall() throws Exception {
    try (CudaModule module = gpu.module(Ptx.packaged("probe")); var threads = Executors.newFixedThreadPool(4)) {
      var results = new ArrayList<Future<float[]>>();
      for (int t = 0; t < 8; t++) {
        float first = -60 + t;
        Callable<float[]> work = () -> {
          float[] found = new float[COUNT];
          try (CudaStream stream = gpu.stream(); CudaBuffer exp = gpu.buffer(4L * COUNT); CudaBuffer expm1 = gpu.buffer(4L * COUNT)) {
            launch(module, stream, exp, expm1, first);
            exp.download(MemorySegment.ofArray(found));
          }
          return found;
        };
        results.add(threads.submit(work));
      }
      for (int t = 0; t < results.size(); t++) {
        assertExp(-60 + t, results.get(t).get());
      }
    }
  }

  @Test
  void aGraphRepeatsWhatWasRecorded() {
    CudaBuffer expm1 = gpu.buffer(4L * COUNT);
    try (CudaModule module = gpu.module(Ptx.packaged("probe")); CudaStream stream = gpu.stream();
        CudaBuffer exp = gpu.buffer(4L * COUNT); CudaBuffer copy = gpu.buffer(4L * COUNT)) {
      copy.zero(stream);
      CudaGraph graph = stream.graph(() -> {
        launch(module, stream, exp, expm1, -60);
        copy.copy(stream, 0, exp, 0, 4L * COUNT - 4);
      });
      float[] found = new float[COUNT];
      copy.download(MemorySegment.ofArray(found));
      assertArrayEquals(new float[COUNT], found, "recording does nothing");
      for (int i = 0; i < 3; i++) {
        copy.zero(stream);
        exp.zero(stream);
        graph.launch(stream);
        copy.download(MemorySegment.ofArray(found));
        assertEquals(0, found[COUNT - 1]);
        assertExp(-60, Arrays.copyOf(found, COUNT - 1));
      }

      assertRefused("a graph is being recorded", () -> stream.graph(stream::synchronize));
      assertRefused("a graph is being recorded", () -> stream.graph(() -> gpu.buffer(4)));
      assertRefused("a graph is being recorded", () -> stream.graph(() -> exp.download(MemorySegment.ofArray(found))));
      assertRefused("a graph is being recorded", () -> stream.graph(exp::close));
      assertRefused("a graph is being recorded", () -> stream.graph(gpu::close));
      assertRefused("is being recorded already", () -> stream.graph(() -> stream.graph(() -> {})));
      try (CudaStream other = gpu.stream()) {
        assertRefused("a graph is being recorded", () -> stream.graph(() -> copy.zero(other)));
      }
      assertThrows(InputException.class, () -> stream.graph(() -> copy.zero(stream, 0, 4L * COUNT + 1)));

      // A recording that failed leaves the stream as it was.
      launch(module, stream, exp, expm1, -50);
      exp.download(MemorySegment.ofArray(found));
      assertExp(-50, found);

      expm1.close();
      assertRefused("is closed", () -> graph.launch(stream));
      graph.close();
      assertRefused("The graph is closed", () -> graph.launch(stream));
    }
  }
}
