package io.galvani.device.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.galvani.GalvaniException;
import io.galvani.device.cpu.abi.Galvani;
import io.galvani.device.cpu.abi.gv_column_step;
import io.galvani.device.cpu.abi.gv_layer;
import io.galvani.device.cpu.abi.gv_output;
import io.galvani.device.cpu.abi.gv_stage;
import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Output;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.Plan.Finish;
import io.galvani.surrogate.Plan.Stage;
import io.galvani.surrogate.SurrogateEngine;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** The surrogate engine on the CPU: a thin wrapper of {@code gv_plan} and {@code gv_surrogates}. */
final class CpuSurrogateEngine implements SurrogateEngine {
  /** Operations of a step from which on threads share the work of few cells. */
  private static final long WORTH_SHARING = 1_000_000;
  /** Cells from which on each thread has some of its own, as in {@code native/cpu/surrogate.cpp}. */
  private static final int CELLS_OF_A_THREAD = 4;

  private final int cells;
  private final int numbers;
  private MemorySegment handle;
  private MemorySegment scratch = MemorySegment.NULL;

  /** @param outputs what becomes of predictions; none: they are recorded as they are, and nothing is fed back */
  CpuSurrogateEngine(Plan plan, List<Output> outputs, SurrogateOptions options, InstructionSet isa) {
    cells = options.cells();
    numbers = plan.numbers();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      Status.check("surrogate", Galvani.gv_plan_create(plan.network().window(), plan.network().channels(), options.precision().ordinal(),
          isa.ordinal(), out));
      MemorySegment described = out.get(ADDRESS, 0);
      try {
        plan.columns().forEach(c -> add(described, c));
        plan.stages().forEach(s -> add(described, s, plan));
        Status.check("surrogate", Galvani.gv_surrogates_create(described, cells, threads(plan, options), options.lookAhead(),
            options.overwrites() ? 1 : 0, outputs.size(), outputs(arena, outputs), out));
        handle = out.get(ADDRESS, 0);
      } finally {
        Galvani.gv_plan_destroy(described);
      }
    }
  }

  /** One where threads would wait for each other longer than they compute. */
  private static int threads(Plan plan, SurrogateOptions options) {
    return plan.flops() < WORTH_SHARING && options.cells() < options.threads() * CELLS_OF_A_THREAD ? 1 : options.threads();
  }

  private static void add(MemorySegment plan, Plan.Columns c) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment steps = gv_column_step.allocateArray(c.steps().size(), arena);
      for (int i = 0; i < c.steps().size(); i++) {
        Plan.ColumnStep s = c.steps().get(i);
        MemorySegment to = gv_column_step.asSlice(steps, i);
        gv_column_step.from(to, s.from());
        gv_column_step.tap(to, s.tap());
        gv_column_step.delay(to, s.delay());
        gv_column_step.source(to, s.source());
        gv_column_step.emits(to, s.emits());
        gv_column_step.keeps(to, s.keeps());
      }
      MemorySegment layer = layer(arena, c.taps(), c.in(), c.out(), 1, c.kernel(), c.bias(), c.finish(), false);
      Status.check("layer '" + c.layers() + "'", Galvani.gv_plan_columns(plan, layer, c.classes(), c.steps().size(), steps));
    }
  }

  private static void add(MemorySegment plan, Stage stage, Plan of) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment to = gv_stage.allocate(arena);
      gv_stage.column_class(to, arena.allocateFrom(JAVA_INT, of.columnClasses()));
      String what = describe(arena, stage, of, to);
      Status.check("layer '" + what + "'", Galvani.gv_plan_stage(plan, to));
    }
  }

  /** Fills a stage in; what errors call it. */
  private static String describe(Arena arena, Stage stage, Plan of, MemorySegment to) {
    return switch (stage) {
      case Stage.Projection s -> {
        gv_stage.kind(to, Galvani.GV_PROJECTION());
        gv_stage.layer(to, layer(arena, of.network().window(), of.columnFeatures(), s.kernel().extent(1), 1, s.kernel(), s.bias(), s.finish(),
            s.gates()));
        yield s.layers();
      }
      case Stage.Window s -> {
        gv_stage.kind(to, Galvani.GV_WINDOW());
        yield "window";
      }
      case Stage.Newest s -> {
        gv_stage.kind(to, Galvani.GV_NEWEST());
        yield "newest";
      }
      case Stage.Matrix s -> {
        gv_stage.kind(to, Galvani.GV_MATRIX());
        Tensor k = s.kernel();
        gv_stage.layer(to, layer(arena, k.extent(0), k.extent(1), k.extent(2), s.dilation(), k, s.bias(), s.finish(), s.gates()));
        yield s.layers();
      }
      case Stage.Lstm s -> {
        gv_stage.kind(to, Galvani.GV_LSTM());
        if (s.kernel() != null) {
          gv_stage.layer(to, layer(arena, 1, s.kernel().extent(0), s.kernel().extent(1), 1, s.kernel(), s.bias(), Finish.NONE, true));
        }
        gv_stage.recurrent(to, floats(arena, s.recurrent()));
        gv_stage.units(to, s.recurrent().extent(0));
        gv_stage.steps(to, s.steps());
        gv_stage.sequences(to, s.sequences() ? 1 : 0);
        gv_stage.stateful(to, s.stateful() ? 1 : 0);
        yield s.layers();
      }
      case Stage.Traces s -> {
        gv_stage.kind(to, Galvani.GV_TRACES());
        gv_stage.units(to, s.layer().decay().extent(0));
        gv_stage.decay(to, floats(arena, s.layer().decay()));
        yield s.layer().name();
      }
      case Stage.Elm s -> {
        Layer.ELM l = s.layer();
        int hidden = l.recurrent().extent(1);
        double[] gain = new double[l.memories()];
        Arrays.setAll(gain, i -> l.gain().at(i));
        gv_stage.kind(to, Galvani.GV_ELM());
        gv_stage.units(to, l.memories());
        gv_stage.layer(to, layer(arena, 1, l.kernel().extent(0), hidden, 1, l.kernel(), l.bias(), Finish.of(Activation.RELU), false));
        gv_stage.recurrent(to, floats(arena, l.recurrent()));
        gv_stage.update(to, layer(arena, 1, hidden, l.memories(), 1, l.update(), l.updateBias(),
            new Finish(Activation.TANH, gain, new double[gain.length]), false));
        gv_stage.decay(to, floats(arena, l.decay()));
        yield l.name();
      }
      case Stage.Scale s -> {
        int n = s.finish().scale().length;
        gv_stage.kind(to, Galvani.GV_SCALE());
        gv_stage.layer(to, layer(arena, 0, n, n, 1, null, null, s.finish(), false));
        yield s.layers();
      }
      case Stage.Repeat s -> {
        gv_stage.kind(to, Galvani.GV_REPEAT());
        gv_stage.steps(to, s.n());
        yield "repeat";
      }
      case Stage.Flatten s -> {
        gv_stage.kind(to, Galvani.GV_FLATTEN());
        yield "flatten";
      }
      case Stage.Mean s -> {
        gv_stage.kind(to, Galvani.GV_MEAN());
        yield "mean";
      }
    };
  }

  private static MemorySegment layer(Arena arena, int taps, int in, int out, int dilation, Tensor kernel, Tensor bias, Finish finish,
      boolean gates) {
    MemorySegment l = gv_layer.allocate(arena);
    gv_layer.kernel(l, floats(arena, kernel));
    gv_layer.bias(l, floats(arena, bias));
    gv_layer.scale(l, doubles(arena, finish.scale()));
    gv_layer.shift(l, doubles(arena, finish.shift()));
    gv_layer.taps(l, taps);
    gv_layer.in(l, in);
    gv_layer.out(l, out);
    gv_layer.dilation(l, dilation);
    gv_layer.activation(l, finish.activation().ordinal());
    gv_layer.gates(l, gates ? 1 : 0);
    return l;
  }

  private static MemorySegment doubles(Arena arena, double[] values) {
    return values.length == 0 ? MemorySegment.NULL : arena.allocateFrom(JAVA_DOUBLE, values);
  }

  // Those of a file are mapped wherever they stand in it; the library wants them aligned.
  private static MemorySegment floats(Arena arena, Tensor tensor) {
    if (tensor == null) {
      return MemorySegment.NULL;
    }
    MemorySegment data = tensor.data();
    return data.address() % Float.BYTES == 0 && data.isNative() ? data
        : arena.allocate(data.byteSize(), Float.BYTES).copyFrom(data);
  }

  private static MemorySegment outputs(Arena arena, List<Output> outputs) {
    MemorySegment all = gv_output.allocateArray(outputs.size(), arena);
    for (int i = 0; i < outputs.size(); i++) {
      Output o = outputs.get(i);
      MemorySegment to = gv_output.asSlice(all, i);
      gv_output.channel(to, o.channel());
      gv_output.a(to, o.outputAffine().a());
      gv_output.b(to, o.outputAffine().b());
      gv_output.c(to, o.feedbackAffine().a());
      gv_output.d(to, o.feedbackAffine().b());
      gv_output.limit(to, o.gain().limit());
      gv_output.amplitude(to, o.gain().amplitude());
      gv_output.decay(to, o.gain().decay());
    }
    return all;
  }

  // ---- the contract ------------------------------------------------------------------------------------------------

  @Override
  public void start(List<double[]> windows) {
    int size = windows.getFirst().length;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = arena.allocate(JAVA_DOUBLE, (long) windows.size() * size);
      for (int i = 0; i < windows.size(); i++) {
        MemorySegment.copy(windows.get(i), 0, all, JAVA_DOUBLE, 8L * i * size, size);
      }
      Status.check("start", Galvani.gv_surrogates_start(open(), windows.size(), all));
    }
  }

  @Override
  public void advance(int steps, Inputs in, double[] recorded) {
    int n = in.count();
    int results = Math.multiplyExact(Math.multiplyExact(steps, cells), numbers);
    // One piece of memory, which is kept: a fresh one would be cleared first.
    long bytes = (long) n * (2 * Long.BYTES + 2 * Integer.BYTES) + (long) results * Double.BYTES;
    if (scratch.byteSize() < bytes) {
      scratch = Arena.ofAuto().allocate(Math.max(bytes, 2 * scratch.byteSize()), Long.BYTES);
    }
    MemorySegment to = scratch;
    MemorySegment step = to.asSlice((long) results * Double.BYTES);
    MemorySegment value = step.asSlice((long) n * Long.BYTES);
    MemorySegment cell = value.asSlice((long) n * Double.BYTES);
    MemorySegment channel = cell.asSlice((long) n * Integer.BYTES);
    MemorySegment.copy(in.step(), 0, step, JAVA_LONG, 0, n);
    MemorySegment.copy(in.value(), 0, value, JAVA_DOUBLE, 0, n);
    MemorySegment.copy(in.cell(), 0, cell, JAVA_INT, 0, n);
    MemorySegment.copy(in.channel(), 0, channel, JAVA_INT, 0, n);
    Status.check("advance", Galvani.gv_surrogates_advance(open(), steps, n, step, cell, channel, value, to));
    MemorySegment.copy(to, JAVA_DOUBLE, 0, recorded, 0, results);
  }

  @Override
  public long steps() {
    return Galvani.gv_surrogates_steps(open());
  }

  @Override
  public long memory() {
    return Galvani.gv_surrogates_memory(open());
  }

  @Override
  public byte[] save() {
    try (Arena arena = Arena.ofConfined()) {
      long size = Galvani.gv_surrogates_state_size(open());
      if (size > Integer.MAX_VALUE - 8) {
        throw new GalvaniException("snapshot: " + size + " bytes are more than one array holds. Use populations of fewer cells");
      }
      MemorySegment state = arena.allocate(size);
      Status.check("snapshot", Galvani.gv_surrogates_save(handle, size, state));
      return state.toArray(JAVA_BYTE);
    }
  }

  @Override
  public void load(byte[] state) {
    try (Arena arena = Arena.ofConfined()) {
      Status.check("snapshot", Galvani.gv_surrogates_load(open(), state.length, arena.allocateFrom(JAVA_BYTE, state)));
    }
  }

  @Override
  public void close() {
    if (handle != null) {
      Galvani.gv_surrogates_destroy(handle);
      handle = null;
    }
  }

  private MemorySegment open() {
    if (handle == null) {
      throw new GalvaniException("The surrogates are closed");
    }
    return handle;
  }
}
