package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.surrogate.Output;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.SurrogateEngine;
import io.galvani.surrogate.SurrogateOptions;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The surrogate engine on a GPU. Weights and windows stay there; a step is a graph of kernels ({@code kernels/surrogate}), replayed as
 * often as the host asks for steps, which sends the events of all of them before and takes the samples after.
 */
final class CudaSurrogateEngine implements SurrogateEngine {
  /** Begins a saved state, so that none of another device is taken for one. */
  private static final long MARK = 0x67616c76616e6901L;
  private static final int HEADER = 2 * Long.BYTES;

  private final int cells;
  private final int channels;
  private final int window;
  private final int numbers;
  private final SurrogateKernels kernels;
  private final CudaStream stream;
  private final SurrogateProgram program;
  private final CudaGraph step;
  private final CudaGraph stepThatLooksAhead;  // null if it cannot be recorded
  private final Room events;
  private final Room begins;
  private final Room samples;
  private long steps;
  private boolean closed;

  /** @param outputs what becomes of predictions; none: they are recorded as they are, and nothing is fed back */
  CudaSurrogateEngine(Plan plan, List<Output> outputs, SurrogateOptions options, SurrogateKernels kernels, Gemm gemm, CudaContext context) {
    this.kernels = kernels;
    cells = options.cells();
    channels = plan.network().channels();
    window = plan.network().window();
    numbers = plan.numbers();
    stream = context.stream();
    program = program(plan, outputs, options, gemm);
    events = new Room(context);
    begins = new Room(context);
    samples = new Room(context);
    step = stream.graph(() -> program.step(0, false));
    stepThatLooksAhead = program.looksAheadInGraphs() ? stream.graph(() -> program.step(0, true)) : null;
  }

  private SurrogateProgram program(Plan plan, List<Output> outputs, SurrogateOptions options, Gemm gemm) {
    try {
      return new SurrogateProgram(plan, outputs, options, kernels, gemm, stream);
    } catch (RuntimeException e) {
      stream.close();
      throw e;
    }
  }

  @Override
  public void start(List<double[]> windows) {
    requireOpen();
    if (windows.size() != 1 && windows.size() != cells) {
      throw new InputException("start", null, windows.size() + " windows for " + cells + " cells", "Give one, or one a cell");
    }
    program.state().forEach(b -> b.zero(stream));
    double[] row = new double[cells * channels];
    for (int r = 0; r < window; r++) {
      for (int c = 0; c < cells; c++) {
        System.arraycopy(windows.get(windows.size() == 1 ? 0 : c), r * channels, row, c * channels, channels);
      }
      program.present.upload(kernels.sums(row));
      setClock(r - (window - 1));  // so that this row is the newest of the window
      if (r < window - 1) {
        program.push();
      }
    }
    steps = 0;
  }

  /** The step that is computed, and that which comes: they differ while a step is under way. */
  private void setClock(long step) {
    program.clock.upload(MemorySegment.ofArray(new long[] {step, step}));
  }

  @Override
  public void advance(int count, Inputs in, double[] recorded) {
    requireOpen();
    int all = Math.multiplyExact(Math.multiplyExact(count, cells), numbers);
    if (count == 0) {
      return;
    }
    int[] order = ordered(in, count);
    var sorted = new Records();
    int[] begin = new int[count + 1];
    for (int i : order) {
      sorted.i32(in.cell()[i], in.channel()[i]).f64(in.value()[i]);
      begin[(int) in.step()[i] + 1]++;
    }
    for (int s = 0; s < count; s++) {
      begin[s + 1] += begin[s];
    }
    program.call.upload(MemorySegment.ofArray(new long[] {steps, begins.fill(new Records().i32(begin)), events.fill(sorted),
        samples.reserve((long) all * Double.BYTES)}));
    for (int s = 0; s < count; s++) {
      launch(steps + s);
    }
    samples.buffer().download(MemorySegment.ofArray(recorded).asSlice(0, (long) all * Double.BYTES));
    steps += count;
    for (int i = 0; i < all; i++) {
      if (!Double.isFinite(recorded[i])) {
        int row = i / numbers;
        throw new GalvaniException("advance: the prediction of cell " + row % cells + " is no longer finite, "
            + (steps - count + row / cells + 1) + " samples after the start");
      }
    }
  }

  private void launch(long n) {
    boolean looksAhead = n % program.ahead() == 0;
    if (looksAhead && stepThatLooksAhead == null) {
      program.step(n, true);
    } else {
      (looksAhead ? stepThatLooksAhead : step).launch(stream);
    }
  }

  /** Indices of the inputs by step, cell and channel; those that coincide stay in order. */
  private int[] ordered(Inputs in, int count) {
    for (int i = 0; i < in.count(); i++) {
      if (in.step()[i] < 0 || in.step()[i] >= count || in.cell()[i] < 0 || in.cell()[i] >= cells || in.channel()[i] < 0
          || in.channel()[i] >= channels) {
        throw new InputException("advance", null, "event " + i + " is for step " + in.step()[i] + ", cell " + in.cell()[i] + ", channel "
            + in.channel()[i] + ", and there are " + count + ", " + cells + " and " + channels, null);
      }
    }
    var byPlace = Comparator.<Integer>comparingLong(i -> in.step()[i]).thenComparingInt(i -> in.cell()[i]).thenComparingInt(i -> in.channel()[i]);
    return IntStream.range(0, in.count()).boxed().sorted(byPlace).mapToInt(Integer::intValue).toArray();
  }

  @Override
  public long steps() {
    requireOpen();
    return steps;
  }

  @Override
  public long memory() {
    requireOpen();
    return program.memory();
  }

  @Override
  public byte[] save() {
    requireOpen();
    long size = stateSize();
    if (size > Integer.MAX_VALUE - 8) {
      throw new GalvaniException("snapshot: " + size + " bytes are more than one array holds. Use populations of fewer cells");
    }
    ByteBuffer to = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN).putLong(MARK).putLong(steps);
    for (CudaBuffer b : program.state()) {
      b.download(MemorySegment.ofArray(to.array()).asSlice(to.position(), b.bytes()));
      to.position(to.position() + (int) b.bytes());
    }
    return to.array();
  }

  @Override
  public void load(byte[] state) {
    requireOpen();
    ByteBuffer from = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
    if (state.length != stateSize() || from.getLong() != MARK) {
      throw new InputException("snapshot", null, "the state is of another population", "Restore it where it was taken, on the same device");
    }
    steps = from.getLong();
    for (CudaBuffer b : program.state()) {
      b.upload(MemorySegment.ofArray(state).asSlice(from.position(), b.bytes()));
      from.position(from.position() + (int) b.bytes());
    }
    setClock(steps);
  }

  private long stateSize() {
    return HEADER + program.state().stream().mapToLong(CudaBuffer::bytes).sum();
  }

  private void requireOpen() {
    if (closed) {
      throw new GalvaniException("The surrogates are closed");
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      step.close();
      if (stepThatLooksAhead != null) {
        stepThatLooksAhead.close();
      }
      List.of(events, begins, samples).forEach(Room::close);
      program.close();
      stream.close();
    }
  }
}
