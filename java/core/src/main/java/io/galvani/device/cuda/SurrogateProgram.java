package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Output;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.Plan.ColumnStep;
import io.galvani.surrogate.Plan.Columns;
import io.galvani.surrogate.Plan.Finish;
import io.galvani.surrogate.Plan.Stage;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A plan on a GPU: its weights and its cells' state in device memory, and the launches of a step in their order. The structures are those
 * of {@code kernels/surrogate/surrogate.h}.
 */
final class SurrogateProgram implements AutoCloseable {
  /** Buffers of the state are whole units of so many bytes: no state of the CPU's has their size. */
  private static final int UNIT = 256;
  private static final int RECEIVING_BLOCKS = 64;

  private record Launch(CudaKernel kernel, LaunchShape shape, byte[] argument) {
    void into(CudaStream stream) {
      kernel.launch(stream, shape, argument);
    }
  }

  /** Has the stream compute what is known of the projection of a step and those that follow. */
  @FunctionalInterface
  private interface LookAhead {
    void from(long step);
  }

  /** The last columns of a layer, or samples. */
  private record Ring(CudaBuffer buffer, int classes, int depth, int width) {
    Records into(Records to) {
      return to.i64(buffer.address(), (long) classes * depth * width).i32(depth, width);
    }
  }

  /** What is between two stages, of a cell. */
  private record Shape(int steps, int features) {
    long numbers() {
      return (long) steps * features;
    }
  }

  private final Plan plan;
  private final SurrogateKernels kernels;
  private final CudaContext context;
  private final CudaStream stream;
  private final Gemm gemm;
  private final int cells;
  private final List<CudaBuffer> weights = new ArrayList<>();
  private final List<CudaBuffer> working = new ArrayList<>();
  private final List<CudaBuffer> state = new ArrayList<>();
  private final List<Ring> rings = new ArrayList<>();  // of the samples (null if no layer wants them), then of each layer of columns
  private final List<Launch> pushes = new ArrayList<>();
  private final List<Launch> heads = new ArrayList<>();
  private final Launch receive;
  private LookAhead lookAhead = step -> { };
  private int ahead = 1;
  private Cublas cublas;
  private CudaBuffer[] values;
  private int current;  // of the two, what the last stage made
  private CudaBuffer sums;
  private Shape shape;
  final CudaBuffer present;
  final CudaBuffer clock;
  final CudaBuffer call;

  SurrogateProgram(Plan plan, List<Output> outputs, SurrogateOptions options, SurrogateKernels kernels, Gemm gemm, CudaStream stream) {
    this.plan = plan;
    this.kernels = kernels;
    this.context = stream.context;
    this.stream = stream;
    this.gemm = gemm;
    gemm.require(options.precision());
    cells = options.cells();
    try {
      int channels = plan.network().channels();
      present = state((long) cells * channels * kernels.sumBytes());
      clock = working(16);
      call = working(32);
      receive = new Launch(kernels.kernel("receive"), LaunchShape.of(RECEIVING_BLOCKS, SurrogateKernels.THREADS),
          new Records().i64(clock.address(), call.address(), present.address()).i32(channels, options.overwrites() ? 1 : 0).toArray());
      addColumns();
      makeRoom();
      addStages(options);
      addConclusion(outputs);
    } catch (ArithmeticException e) {
      close();
      throw new GalvaniException("surrogate: " + cells + " cells are more than a GPU's kernels count. Use populations of fewer cells", e);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  // ---- columns -----------------------------------------------------------------------------------------------------

  private void addColumns() {
    List<Columns> columns = plan.columns();
    int channels = plan.network().channels();
    int window = plan.network().window();
    boolean sparse = !columns.isEmpty() && columns.getFirst().taps() == 1;
    rings.add(sparse ? null : ring(-1, 1, channels));
    if (!sparse) {
      pushes.add(new Launch(kernels.kernel("sample"), covering((long) cells * channels),
          rings.getFirst().into(new Records().i64(clock.address(), present.address())).i32(cells, channels, window).end().toArray()));
    }
    for (int i = 0; i < columns.size(); i++) {
      Columns c = columns.get(i);
      rings.add(ring(i, c.classes(), c.out()));
      pushes.add(sparse && i == 0 ? sparse(c) : columns(c, rings.get(i), rings.get(i + 1)));
    }
  }

  /** A ring for what layer i makes, −1 for samples. */
  private Ring ring(int i, int classes, int width) {
    int depth = plan.memory(i);
    long bytes = Math.multiplyExact((long) cells * classes, (long) depth * width * kernels.bytes());
    return new Ring(depth > 1 || i == plan.columns().size() - 1 ? state(bytes) : working(bytes), classes, depth, width);
  }

  private Launch sparse(Columns c) {
    Records x = new Records().i64(clock.address(), present.address(), weights(kernels.sums(c.kernel())));
    layer(x, 1, c.in(), c.out(), 1, null, c.bias(), c.finish(), false);
    rings.get(1).into(x).i32(c.in(), plan.network().window());
    var grid = new LaunchShape(cells, blocks(c.out(), SurrogateKernels.THREADS), 1, SurrogateKernels.THREADS, 1, 1, 0);
    return new Launch(kernels.kernel("sparse"), grid, x.toArray());
  }

  private Launch columns(Columns c, Ring from, Ring to) {
    var steps = new Records();
    var groups = new Records();
    int keeps = 0;
    int count = 0;
    for (int i = 0; i < c.steps().size(); i++) {
      ColumnStep s = c.steps().get(i);
      if (s.from() == ColumnStep.BIAS) {  // what follows goes on from here
        groups.i32(i);
        count++;
      }
      steps.i32(s.from(), s.tap(), s.delay(), s.source(), s.emits(), s.keeps());
      keeps = Math.max(keeps, s.keeps() + 1);
    }
    groups.i32(c.steps().size());
    long kept = Math.multiplyExact((long) count * keeps, Math.multiplyExact((long) cells, (long) c.out() * kernels.sumBytes()));
    Records x = new Records().i64(clock.address());
    layer(x, c.taps(), c.in(), c.out(), 1, c.kernel(), c.bias(), c.finish(), false);
    from.into(x);
    to.into(x).i64(weights(MemorySegment.ofArray(steps.toArray())), weights(MemorySegment.ofArray(groups.toArray())),
        kept == 0 ? 0 : working(kept).address()).i32(keeps, cells, plan.network().window()).end();
    return new Launch(kernels.product("columns", gemm), tiles(cells, c.out(), count), x.toArray());
  }

  // ---- stages ------------------------------------------------------------------------------------------------------

  private Shape after(Stage stage, Shape x) {
    return switch (stage) {
      case Stage.Projection s -> new Shape(1, s.kernel().extent(1));
      case Stage.Window s -> new Shape(plan.network().window(), plan.columnFeatures());
      case Stage.Matrix s -> new Shape(x.steps, s.kernel().extent(2));
      case Stage.Lstm s -> new Shape(s.sequences() ? s.steps() : 1, s.recurrent().extent(0));
      case Stage.Scale s -> x;
      case Stage.Repeat s -> new Shape(s.n(), x.features);
      case Stage.Flatten s -> new Shape(1, Math.multiplyExact(x.steps, x.features));
      case Stage.Mean s -> new Shape(1, x.features);
      case Stage.Newest s -> new Shape(1, x == null ? plan.columnFeatures() : x.features);
      case Stage.Traces s -> x;
      case Stage.Elm s -> new Shape(1, s.layer().memories());
    };
  }

  /** Room for what is between any two stages. */
  private void makeRoom() {
    long most = 1;
    long mostSums = 1;
    Shape x = null;
    for (Stage stage : plan.stages()) {
      Shape given = x;
      x = after(stage, x);
      most = Math.max(most, x.numbers());
      boolean sumsOfGates = stage instanceof Stage.Lstm s && s.kernel() != null;
      mostSums = Math.max(mostSums, sumsOfGates ? 4L * given.steps * x.features : x.numbers());
    }
    long bytes = Math.multiplyExact(cells, most) * kernels.bytes();
    values = new CudaBuffer[] {working(bytes), working(bytes)};
    sums = working(Math.multiplyExact(cells, mostSums) * kernels.sumBytes());
  }

  private void addStages(SurrogateOptions options) {
    List<Stage> stages = plan.stages();
    for (int i = 0; i < stages.size(); i++) {
      boolean last = i == stages.size() - 1;
      Shape given = shape;
      switch (stages.get(i)) {
        case Stage.Projection s -> project(s, options.lookAhead(), last);
        case Stage.Window s -> window(plan.columnClasses());
        case Stage.Newest s when given == null -> window(new int[] {plan.columnClasses()[plan.network().window() - 1]});  // all there is
        case Stage.Newest s -> heads.add(steps("newest", given.features, given.steps, given.features));
        case Stage.Matrix s -> {
          Tensor k = s.kernel();
          matrix(k.extent(0), k.extent(1), k.extent(2), s.dilation(), k, s.bias(), s.finish(), s.gates(), last);
        }
        case Stage.Scale s -> matrix(0, given.features, given.features, 1, null, null, s.finish(), false, last);
        case Stage.Lstm s -> {
          List<Stage.Lstm> together = together(i);
          lstms(together);
          i += together.size() - 1;
        }
        case Stage.Repeat s -> heads.add(steps("repeat", given.features, s.n(), Math.multiplyExact((long) s.n(), given.features)));
        case Stage.Mean s -> heads.add(steps("mean", given.features, given.steps, given.features));
        case Stage.Flatten s -> { }  // it lies so
        case Stage.Traces s -> traces(s.layer());
        case Stage.Elm s -> elm(s.layer());
      }
      shape = after(stages.get(i), shape);
    }
  }

  /** The columns of these classes: the last ones that there are. */
  private void window(int[] classes) {
    Records x = rings.getLast().into(new Records().i64(clock.address())).i64(classes(classes), next().address());
    long numbers = Math.multiplyExact((long) classes.length, plan.columnFeatures());
    heads.add(new Launch(kernels.kernel("window"), covering(Math.multiplyExact(cells, numbers)), x.i32(cells, classes.length).toArray()));
  }

  private void project(Stage.Projection s, int wished, boolean last) {
    int window = plan.network().window();
    int out = s.kernel().extent(1);
    ahead = Math.min(wished, Math.max(1, window - 1));
    CudaBuffer known = state(Math.multiplyExact((long) cells * ahead, (long) out * kernels.sumBytes()));
    long weights = weights(kernels.stored(s.kernel()));
    long bias = weights(kernels.sums(s.bias()));
    LaunchShape tiles = tiles(Math.multiplyExact(cells, ahead), out, 1);
    if (gemm == Gemm.CUBLAS) {
      cublas = new Cublas(stream);
      // Of a window of one column, nothing is known ahead but the bias.
      var bare = new Launch(kernels.kernel("ahead"), tiles, projection(s, 1, weights, bias, known, 0, 0));
      lookAhead = step -> {
        bare.into(stream);
        multiplyAhead(step, weights, known, out);
      };
    } else {
      var all = new Launch(kernels.product("ahead", gemm), tiles, projection(s, window, weights, bias, known, 0, 0));
      lookAhead = step -> all.into(stream);
    }
    boolean asSums = s.gates() || last;
    heads.add(new Launch(kernels.product("project", gemm), tiles(cells, out, 1),
        projection(s, window, weights, bias, known, asSums ? 0 : next().address(), asSums ? sums.address() : 0)));
  }

  private byte[] projection(Stage.Projection s, int columns, long weights, long bias, CudaBuffer known, long to, long last) {
    Records x = new Records().i64(clock.address());
    layer(x, columns, plan.columnFeatures(), s.kernel().extent(1), 1, weights, bias, s.finish(), s.gates());
    return rings.getLast().into(x).i64(classes(plan.columnClasses()), known.address(), to, last).i32(cells, ahead).toArray();
  }

  /** What each column that is there at a step contributes to it and those that follow: a product for each, over all cells and steps. */
  private void multiplyAhead(long step, long weights, CudaBuffer known, int out) {
    int window = plan.network().window();
    int bytes = kernels.bytes();
    Ring ring = rings.getLast();
    int width = ring.width;
    int cell = Math.multiplyExact(ring.classes, window * width);
    int[] classes = plan.columnClasses();
    for (int j = 0; j < window - 1; j++) {
      var matrix = new Cublas.Rows(weights + (long) j * width * out * bytes, out, 0);
      int steps = Math.min(ahead, window - 1 - j);
      for (int b = 0, times; b < steps; b += times) {  // twice where the ring begins anew
        int at = (int) ((step + j + b) % window);
        times = Math.min(steps - b, window - at);
        cublas.multiplyAdd(bytes == 8, cells, out, width,
            new Cublas.Rows(ring.buffer.address() + ((long) classes[j] * window + at) * width * bytes, cell, width), matrix,
            new Cublas.Rows(known.address() + (long) b * out * bytes, ahead * out, out), times);
      }
    }
  }

  private void matrix(int taps, int in, int out, int dilation, Tensor kernel, Tensor bias, Finish finish, boolean gates, boolean last) {
    long from = values[current].address();
    Records x = new Records();
    layer(x, taps, in, out, dilation, kernel, bias, finish, gates);
    boolean asSums = gates || last;  // or they go on to the next stage
    x.i64(from, asSums ? 0 : next().address(), asSums ? sums.address() : 0).i32(cells, shape.steps);
    heads.add(new Launch(kernels.product("matrix", gemm), tiles(Math.multiplyExact(cells, shape.steps), out, 1), x.toArray()));
  }

  /** The LSTM that is stage i, and those on top of it that one launch computes with it. */
  private List<Stage.Lstm> together(int i) {
    var all = new ArrayList<Stage.Lstm>();
    all.add((Stage.Lstm) plan.stages().get(i));
    while (i + all.size() < plan.stages().size() && plan.stages().get(i + all.size()) instanceof Stage.Lstm s && s.kernel() != null
        && all.size() < SurrogateKernels.LSTM_LAYERS
        && shared(numbers(all) + numbers(List.of(s)), SurrogateKernels.UNIT_CELLS) <= context.gpu().sharedMemory()) {
      all.add(s);
    }
    return all;
  }

  /** Numbers that LSTMs have of a cell: h twice, and c. */
  private static long numbers(List<Stage.Lstm> all) {
    return all.stream().mapToLong(s -> s.recurrent().extent(0)).sum() * 3;
  }

  /** Bytes of shared memory that so many numbers of so many cells take. */
  private long shared(long numbers, int width) {
    return numbers * width * kernels.sumBytes();
  }

  private void lstms(List<Stage.Lstm> all) {
    Stage.Lstm lowest = all.getFirst();
    Stage.Lstm top = all.getLast();
    int units = lowest.recurrent().extent(0);
    if (lowest.kernel() != null) {
      matrix(1, lowest.kernel().extent(0), 4 * units, 1, lowest.kernel(), lowest.bias(), Finish.NONE, true, false);
    }
    Records x = new Records();
    for (int l = 0; l < SurrogateKernels.LSTM_LAYERS; l++) {
      if (l < all.size()) {
        Stage.Lstm s = all.get(l);
        x.i64(l == 0 ? 0 : weights(kernels.stored(s.kernel())), weights(kernels.stored(s.recurrent())),
            l == 0 ? 0 : weights(kernels.sums(s.bias())), s.recurrent().extent(0));
      } else {
        x.i64(0, 0, 0, 0);
      }
    }
    int width = cellsOfBlock(numbers(all), "layer '" + lowest.layers() + "': an LSTM of " + units + " units");
    x.i64(sums.address(), next().address(), lowest.stateful() ? kept(units, kernels.bytes()) : 0,
            lowest.stateful() ? kept(units, kernels.sumBytes()) : 0, lowest.kernel() == null ? 0 : 4 * units)
        .i32(all.size(), lowest.steps(), cells, width, top.sequences() ? 1 : 0).end();
    int most = all.stream().mapToInt(s -> s.recurrent().extent(0)).max().orElseThrow();
    heads.add(new Launch(kernels.kernel("lstm"), units(most, width, numbers(all)), x.toArray()));
  }

  private void traces(Layer.Traces l) {
    int numbers = l.decay().extent(0);
    Records x = new Records().i64(values[current].address(), next().address(), kept(numbers, kernels.sumBytes()),
        weights(kernels.sums(l.decay()))).i32(cells, numbers);
    heads.add(new Launch(kernels.kernel("traces"), covering((long) cells * numbers), x.toArray()));
  }

  private void elm(Layer.ELM l) {
    int in = l.kernel().extent(0);
    int hidden = l.kernel().extent(1);
    int units = l.memories();
    long numbers = (long) in + units + hidden;
    int width = cellsOfBlock(numbers, "layer '" + l.name() + "': an ELM of " + units + " memories");
    Records x = new Records()
        .i64(weights(kernels.stored(l.kernel())), weights(kernels.stored(l.recurrent())), weights(kernels.stored(l.update())),
            weights(kernels.sums(l.bias())), weights(kernels.sums(l.updateBias())), weights(kernels.sums(l.decay())),
            weights(kernels.sums(l.gain())), values[current].address(), next().address(), kept(units, kernels.sumBytes()))
        .i32(in, hidden, units, cells, width).end();
    heads.add(new Launch(kernels.kernel("elm"), units(Math.max(units, hidden), width, numbers), x.toArray()));
  }

  /** The address of so many numbers a cell that go on from sample to sample. */
  private long kept(int numbers, int bytes) {
    return state(Math.multiplyExact((long) cells * numbers, (long) bytes)).address();
  }

  /** Blocks of that many cells, of which a thread has a unit at a time. */
  private LaunchShape units(int units, int width, long numbers) {
    int threads = Math.min(SurrogateKernels.UNIT_THREADS, blocks(units * Math.max(1, width / SurrogateKernels.UNIT_CELLS), 32) * 32);
    return LaunchShape.of(blocks(cells, width), threads).withShared((int) shared(numbers, width));
  }

  /** Many cells share what a block reads of weights; few are spread over the multiprocessors. */
  private int cellsOfBlock(long numbers, String what) {
    int room = context.gpu().sharedMemory();
    int two = 2 * SurrogateKernels.UNIT_CELLS;
    if (cells >= (long) two * context.gpu().multiprocessors() && shared(numbers, two) <= room) {
      return two;
    }
    if (shared(numbers, SurrogateKernels.UNIT_CELLS) <= room) {
      return SurrogateKernels.UNIT_CELLS;
    }
    if (shared(numbers, 1) <= room) {
      return 1;
    }
    throw new GalvaniException(what + " does not fit the shared memory of a block on " + context + ", " + room + " bytes. Use --device cpu");
  }

  private Launch steps(String kernel, int features, int steps, long made) {
    return new Launch(kernels.kernel(kernel), covering(Math.multiplyExact(cells, made)),
        new Records().i64(values[current].address(), next().address()).i32(cells, features, steps).end().toArray());
  }

  private void addConclusion(List<Output> outputs) {
    long described = 0;
    if (!outputs.isEmpty()) {
      var all = new Records();
      for (Output o : outputs) {
        all.i64(o.channel()).f64(o.outputAffine().a(), o.outputAffine().b(), o.feedbackAffine().a(), o.feedbackAffine().b(),
            o.gain().limit(), o.gain().amplitude(), o.gain().decay());
      }
      described = weights(MemorySegment.ofArray(all.toArray()));
    }
    boolean asSums = switch (plan.stages().getLast()) {
      case Stage.Projection s -> true;
      case Stage.Matrix s -> true;
      case Stage.Scale s -> true;
      default -> false;
    };
    Records x = new Records().i64(clock.address(), call.address(), asSums ? 0 : values[current].address(), asSums ? sums.address() : 0,
        described, present.address()).i32(cells, plan.numbers(), plan.network().channels()).end();
    heads.add(new Launch(kernels.kernel("conclude"), covering(32L * cells), x.toArray()));
  }

  // ---- structures --------------------------------------------------------------------------------------------------

  private void layer(Records x, int taps, int in, int out, int dilation, Tensor kernel, Tensor bias, Finish finish, boolean gates) {
    layer(x, taps, in, out, dilation, kernel == null ? 0 : weights(kernels.stored(kernel)), bias == null ? 0 : weights(kernels.sums(bias)),
        finish, gates);
  }

  private void layer(Records x, int taps, int in, int out, int dilation, long kernel, long bias, Finish finish, boolean gates) {
    boolean scales = finish.scale().length > 0;
    x.i64(kernel, bias, scales ? weights(kernels.sums(finish.scale())) : 0, scales ? weights(kernels.sums(finish.shift())) : 0)
        .i32(taps, in, out, dilation, finish.activation().ordinal(), gates ? 1 : 0);
  }

  private long classes(int[] classes) {
    return weights(MemorySegment.ofArray(new Records().i32(classes).toArray()));
  }

  private CudaBuffer next() {
    current = 1 - current;
    return values[current];
  }

  // ---- memory ------------------------------------------------------------------------------------------------------

  private long weights(MemorySegment content) {
    CudaBuffer made = context.buffer(content);
    weights.add(made);
    return made.address();
  }

  private CudaBuffer working(long bytes) {
    CudaBuffer made = context.buffer(Math.max(1, bytes));
    working.add(made);
    return made;
  }

  private CudaBuffer state(long bytes) {
    CudaBuffer made = context.buffer((Math.max(1, bytes) + UNIT - 1) / UNIT * UNIT);
    state.add(made);
    return made;
  }

  private static int blocks(int count, int of) {
    return (count - 1) / of + 1;
  }

  private static LaunchShape covering(long items) {
    return LaunchShape.covering(items, SurrogateKernels.THREADS);
  }

  private static LaunchShape tiles(int rows, int columns, int deep) {
    int tile = SurrogateKernels.TILE;
    return new LaunchShape(blocks(rows, tile), blocks(columns, tile), deep, SurrogateKernels.THREADS, 1, 1, 0);
  }

  // ---- use ---------------------------------------------------------------------------------------------------------

  /** Steps for which the window's known share is computed at once. */
  int ahead() {
    return ahead;
  }

  /** Whether what looks ahead can be recorded in a graph: else it depends on the step. */
  boolean looksAheadInGraphs() {
    return gemm != Gemm.CUBLAS;
  }

  /** The present becomes part of the window. */
  void push() {
    pushes.forEach(l -> l.into(stream));
  }

  /** Step n. */
  void step(long n, boolean looksAhead) {
    receive.into(stream);
    push();
    if (looksAhead) {
      lookAhead.from(n);
    }
    heads.forEach(l -> l.into(stream));
  }

  /** What must be kept to go on, but for the step: in this order. */
  List<CudaBuffer> state() {
    return state;
  }

  /** Bytes of device memory, without the weights. */
  long memory() {
    return state.stream().mapToLong(CudaBuffer::bytes).sum() + working.stream().mapToLong(CudaBuffer::bytes).sum();
  }

  @Override
  public void close() {
    if (cublas != null) {
      cublas.close();
      cublas = null;
    }
    List.of(weights, working, state).forEach(all -> {
      all.forEach(CudaBuffer::close);
      all.clear();
    });
  }
}
