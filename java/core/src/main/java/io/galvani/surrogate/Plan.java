package io.galvani.surrogate;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How a network is computed while its window slides by one sample a step: what the last step has computed is not computed again.
 * Exactly the network's function; only the order of sums differs. Every device runs this same plan.
 *
 * <p>Three parts follow each other:
 *
 * <ol>
 * <li>{@link Columns}: layers that see a step of the window and some before it. A column is computed once, when its sample enters. It will
 * later stand near the left edge of windows, where zeros take the place of samples that have left; what it is worth there is known at once
 * (nothing but older samples matters), and computed at once: a column has <em>classes</em>, of which the first is that far from the edge.
 * <li>{@link Stage.Projection}: the flattened window times a matrix. The share of all columns but the newest few is known some steps ahead,
 * and can be computed for several steps at once. If no matrix follows, {@link Stage.Window} collects the columns, or {@link Stage.Newest}
 * takes the last.
 * <li>The other {@link Stage}s: what must be computed anew. What a RepeatVector repeats is computed once; means come before linear layers.
 * </ol>
 *
 * @see <a href="https://doi.org/10.7554/eLife.79535">Oláh, Pedersen &amp; Rowan 2022</a>, whose networks are meant
 */
public final class Plan {
  /** Above so many sums a column stage would be dearer than it saves, or its table too large. */
  private static final int MAX_COLUMN_STEPS = 4096;

  private final Network network;
  private final List<Layer> layers;
  private final List<Columns> columns = new ArrayList<>();
  private final List<Stage> stages = new ArrayList<>();
  private int[] classes = {0};  // of column j; the last one holds for all that follow
  private int planned;          // layers that are in the plan by now

  // Of what the last stage makes:
  private int steps;
  private int features;
  private int repeats = 1;      // it is the same so many times; not stored so often

  private final boolean newest;  // the stages look at the newest column alone, which is far from the edge

  private Plan(Network network, boolean eachRepeat) {
    this.network = network;
    layers = ordered(network.layers());
    newest = endsInNewest(network);
    steps = network.window();
    features = network.channels();
    while (planned < layers.size() && addColumns(layers.get(planned))) {
      planned++;
    }
    addEntry();
    while (planned < layers.size()) {
      add(layers.get(planned++));
    }
    if (eachRepeat) {
      materialise();
    } else {
      repeats = 1;  // the mean of equals
      if (steps > 1) {
        stages.add(firstOfLinearEnd(), new Stage.Mean());
        steps = 1;
      }
    }
  }

  // A matrix for the newest sample alone is the same before it is taken: as a column it passes over channels that are 0.
  private static List<Layer> ordered(List<Layer> given) {
    var layers = new ArrayList<>(given);
    if (layers.size() > 1 && layers.get(0) instanceof Layer.Newest && layers.get(1) instanceof Layer.Dense) {
      Collections.swap(layers, 0, 1);
    }
    return layers;
  }

  // Whether layers over the window are followed by Newest, and do not reach its edge from there.
  private static boolean endsInNewest(Network network) {
    long reach = 1;
    for (Layer l : network.layers()) {
      switch (l) {
        case Layer.Conv1D c -> reach += (c.kernel().extent(0) - 1L) * c.dilation();
        case Layer.Newest n -> {
          return reach <= network.window();
        }
        case Layer.Dense d -> { }
        case Layer.TimeDistributed d -> { }
        case Layer.BatchNormalization b -> { }
        case Layer.Dropout d -> { }
        default -> {
          return false;
        }
      }
    }
    return false;
  }

  /** The plan of a network whose predictions are averaged over its repeats: [outputs]. */
  public static Plan of(Network network) {
    return new Plan(network, false);
  }

  /** The plan of a network of which each prediction is wanted: [repeats, outputs]. */
  public static Plan ofEachRepeat(Network network) {
    return new Plan(network, true);
  }

  /** What is computed. */
  public Network network() {
    return network;
  }

  /** Numbers that a prediction has: the outputs, or those of each repeat, one repeat after the other. */
  public int numbers() {
    return Math.multiplyExact(steps, features);
  }

  /** Layers over the window, each on what the one before it makes of a column; the first on samples. */
  public List<Columns> columns() {
    return columns;
  }

  /** The rest, in order. The first is a {@link Stage.Projection}, {@link Stage.Window} or {@link Stage.Newest}. */
  public List<Stage> stages() {
    return stages;
  }

  /** Numbers in a column that enters the {@link #stages}. */
  public int columnFeatures() {
    return columns.isEmpty() ? network.channels() : columns.getLast().out();
  }

  /** The class of the column at each place of the window, the oldest first. */
  public int[] columnClasses() {
    int[] all = new int[network.window()];
    for (int j = 0; j < all.length; j++) {
      all[j] = classAt(j);
    }
    return all;
  }

  // ---- cost --------------------------------------------------------------------------------------------------------

  /**
   * Floating-point operations of the matrices for one prediction of one cell: those of {@link Network#naiveFlops} without what is known.
   * Of samples that enter a layer of one tap every number counts, though those that are 0 cost nothing.
   */
  public long flops() {
    long n = 0;
    for (Columns c : columns) {
      n += c.flops();
    }
    int given = network.window();
    for (Stage s : stages) {
      n += flops(s, given);
      given = stepsAfter(s, given);
    }
    return n;
  }

  private static long flops(Stage stage, int given) {
    return 2 * switch (stage) {
      case Stage.Projection s -> s.kernel().size();
      case Stage.Matrix s -> {
        long sums = 0;
        for (long q = 0; q < s.kernel().extent(0); q++) {
          sums += Math.max(0, given - q * s.dilation());
        }
        yield sums * s.kernel().extent(1) * s.kernel().extent(2);
      }
      case Stage.Traces s -> 0;
      case Stage.Elm s -> s.layer().multiplications(new int[0]);
      case Stage.Newest s -> 0;
      case Stage.Lstm s -> (s.stateful() ? 1 : s.steps() - 1) * s.recurrent().size() + (s.kernel() == null ? 0 : s.steps() * s.kernel().size());
      case Stage.Window s -> 0;
      case Stage.Scale s -> 0;
      case Stage.Repeat s -> 0;
      case Stage.Flatten s -> 0;
      case Stage.Mean s -> 0;
    };
  }

  private static int stepsAfter(Stage stage, int given) {
    return switch (stage) {
      case Stage.Projection s -> 1;
      case Stage.Newest s -> 1;
      case Stage.Traces s -> given;
      case Stage.Elm s -> given;
      case Stage.Lstm s -> s.sequences() ? s.steps() : 1;
      case Stage.Repeat s -> s.n();
      case Stage.Flatten s -> 1;
      case Stage.Mean s -> 1;
      case Stage.Window s -> given;
      case Stage.Matrix s -> given;
      case Stage.Scale s -> given;
    };
  }

  /** What is reused, layer by layer, and what it saves: lines of text. */
  public List<String> describe() {
    var lines = new ArrayList<String>();
    for (int i = 0; i < columns.size(); i++) {
      Columns c = columns.get(i);
      String versions = c.classes() == 1 ? "," : " in " + c.classes() + " versions, for all places near the left edge,";
      String sparse = i == 0 && c.taps() == 1 ? "; numbers that are 0 are passed over" : "";
      lines.add(String.format("%s: 1 column of %d%s %s%s", c.layers(), network.window(), versions, cost(c.flops()), sparse));
    }
    int given = network.window();
    for (Stage s : stages) {
      String cost = cost(flops(s, given));
      lines.add(switch (s) {
        case Stage.Projection p -> p.layers() + (p.gates() ? " (input)" : "") + ": the window times its matrix once, " + cost
            + "; the share of all columns but the newest is known steps ahead";
        case Stage.Window w -> "the window of columns, anew: what follows looks at all of it";
        case Stage.Matrix m -> m.layers() + (m.gates() ? " (input): once for all repeats, " : ": " + steps(given) + ", ") + cost;
        case Stage.Newest n -> "the newest column";
        case Stage.Traces t -> t.layer().name() + ": from sample to sample";
        case Stage.Elm e -> e.layer().name() + ": from sample to sample, " + cost;
        case Stage.Lstm l when l.stateful() -> l.layers() + ": from sample to sample, " + cost;
        case Stage.Lstm l -> l.layers() + ": " + l.steps() + " steps, the first without its recurrent matrix, " + cost;
        case Stage.Scale c -> c.layers() + ": " + steps(given);
        case Stage.Repeat r -> "the same " + r.n() + " times";
        case Stage.Flatten f -> "all steps as one";
        case Stage.Mean m -> "the mean of " + steps(given);
      });
      given = stepsAfter(s, given);
    }
    lines.add(String.format("%s a prediction where a framework computes %s: %.1f times less", cost(flops()), cost(network.naiveFlops()),
        network.naiveFlops() / (double) Math.max(1, flops())));
    return lines;
  }

  private static String steps(int n) {
    return n == 1 ? "1 step" : n + " steps";
  }

  private static String cost(long flops) {
    return flops < 1_000_000 ? String.format("%.1f kFLOP", flops / 1e3) : String.format("%.2f MFLOP", flops / 1e6);
  }

  /** Steps of what the column stage i, or the samples for i = −1, must be remembered: 1 for the newest alone. */
  public int memory(int i) {
    return i == columns.size() - 1 ? stages.getFirst() instanceof Stage.Newest ? 1 : network.window()
        : columns.get(i + 1).steps().stream().mapToInt(ColumnStep::delay).max().orElse(0) + 1;
  }

  // ---- columns -----------------------------------------------------------------------------------------------------

  /**
   * A layer over the window, for one new column.
   *
   * @param layers names of the layers it stands for
   * @param kernel [taps, in, out], the last tap for the newest step; null if it only scales
   * @param bias [out]; null if it only scales
   * @param in numbers in a column of its source
   * @param out numbers in a column of it
   * @param finish what follows the sums
   * @param classes in how many versions a column is computed; 0 is the one that sees no edge
   * @param steps sums of products, in order
   */
  public record Columns(String layers, Tensor kernel, Tensor bias, int in, int out, Finish finish, int classes, List<ColumnStep> steps) {
    /** Number of taps; 0 if it only scales. */
    public int taps() {
      return kernel == null ? 0 : kernel.extent(0);
    }

    /** Floating-point operations for a new column. */
    long flops() {
      return taps() == 0 ? 0 : 2L * steps.size() * in * out;
    }
  }

  /**
   * Adds one tap's product to sums. Classes that begin alike share these sums.
   *
   * @param from which sums: {@link #GOES_ON}, {@link #BIAS}, or the index of some that were kept
   * @param tap of the kernel
   * @param delay steps before the newest
   * @param source class of the source's column
   * @param emits the class that is complete with this; {@link #NONE}
   * @param keeps index under which the sums are kept for others; {@link #NONE}
   */
  public record ColumnStep(int from, int tap, int delay, int source, int emits, int keeps) {
    /** The sums of the step before. */
    public static final int GOES_ON = -2;
    /** The bias alone. */
    public static final int BIAS = -1;
    /** Nothing. */
    public static final int NONE = -1;
  }

  /**
   * {@code y = scale · activation(x) + shift}.
   *
   * @param scale [features]; empty: 1
   * @param shift [features]; empty: 0
   */
  public record Finish(Activation activation, double[] scale, double[] shift) {
    /** Changes nothing. */
    public static final Finish NONE = of(Activation.LINEAR);

    /** An activation alone. */
    public static Finish of(Activation activation) {
      return new Finish(activation, new double[0], new double[0]);
    }

    Finish then(Layer.BatchNormalization l) {
      int n = Math.toIntExact(l.gamma().size());
      double[] a = new double[n];
      double[] b = new double[n];
      for (int i = 0; i < n; i++) {
        double factor = l.gamma().at(i) / Math.sqrt(l.variance().at(i) + l.epsilon());
        a[i] = factor * (scale.length > 0 ? scale[i] : 1);
        b[i] = factor * ((shift.length > 0 ? shift[i] : 0) - l.mean().at(i)) + l.beta().at(i);
      }
      return new Finish(activation, a, b);
    }

    boolean isLinear() {
      return activation == Activation.LINEAR;
    }
  }

  private boolean addColumns(Layer layer) {
    switch (layer) {
      case Layer.Conv1D l -> {
        return addColumns(l.name(), l.kernel(), l.bias(), l.dilation(), l.activation());
      }
      case Layer.Dense l -> {
        return addColumns(l.name(), asTap(l.kernel()), l.bias(), 1, l.activation());
      }
      case Layer.TimeDistributed l -> {
        return addColumns(l.layer());
      }
      case Layer.BatchNormalization l -> {
        if (columns.isEmpty()) {
          columns.add(new Columns(l.name(), null, null, features, features, Finish.NONE.then(l), 1,
              List.of(new ColumnStep(ColumnStep.BIAS, 0, 0, 0, 0, ColumnStep.NONE))));
        } else {
          var c = columns.removeLast();
          columns.add(new Columns(c.layers() + ", " + l.name(), c.kernel(), c.bias(), c.in(), c.out(), c.finish().then(l), c.classes(), c.steps()));
        }
        return true;
      }
      case Layer.Dropout l -> {
        return true;
      }
      case Layer.Flatten l -> {
        return false;
      }
      case Layer.RepeatVector l -> {
        return false;
      }
      case Layer.LSTM l -> {
        return false;
      }
      case Layer.Newest l -> {
        return false;
      }
      case Layer.Traces l -> {
        return false;
      }
      case Layer.ELM l -> {
        return false;
      }
    }
  }

  private boolean addColumns(String name, Tensor kernel, Tensor bias, int dilation, Activation activation) {
    var sums = new Sums(kernel.extent(0), dilation);
    if (!sums.complete) {
      return false;
    }
    columns.add(new Columns(name, kernel, bias, kernel.extent(1), kernel.extent(2), Finish.of(activation), sums.classCount, sums.steps));
    classes = sums.classOf;
    features = kernel.extent(2);
    return true;
  }

  private int classAt(int j) {
    return classes[Math.min(j, classes.length - 1)];
  }

  /** The sums of a convolution's classes, as a tree: two classes share a path from the root as far as they see the same columns. */
  private final class Sums {
    final List<ColumnStep> steps = new ArrayList<>();
    final int[] classOf;
    final boolean complete;
    int classCount;

    private static final class Node {
      final List<Integer> sources = new ArrayList<>();
      final List<Node> children = new ArrayList<>();
      int emits = ColumnStep.NONE;

      Node child(int source) {
        int i = sources.indexOf(source);
        if (i < 0) {
          sources.add(source);
          children.add(new Node());
          i = sources.size() - 1;
        }
        return children.get(i);
      }
    }

    Sums(int taps, int dilation) {
      long reach = classes.length + (taps - 1L) * dilation;
      int places = newest ? 1 : (int) Math.min(reach, network.window());
      classOf = new int[places];
      complete = (long) places * taps <= 64L * MAX_COLUMN_STEPS && grow(taps, dilation);
    }

    private boolean grow(int taps, int dilation) {
      var root = new Node();
      for (int j = classOf.length - 1; j >= 0; j--) {  // the class that sees no edge becomes 0
        Node n = root;
        for (int q = 0; q < taps && (newest || j - (long) q * dilation >= 0); q++) {
          n = n.child(newest ? 0 : classAt(j - q * dilation));
        }
        if (n.emits == ColumnStep.NONE) {
          n.emits = classCount++;
        }
        classOf[j] = n.emits;
      }
      addSteps(root, 0, ColumnStep.BIAS, 0, taps, dilation);
      return steps.size() <= MAX_COLUMN_STEPS;
    }

    private void addSteps(Node parent, int depth, int from, int kept, int taps, int dilation) {
      for (int i = 0; i < parent.children.size(); i++) {
        Node n = parent.children.get(i);
        boolean keeps = n.children.size() > 1;
        steps.add(new ColumnStep(i > 0 || depth == 0 ? from : ColumnStep.GOES_ON, taps - 1 - depth, depth * dilation, parent.sources.get(i),
            n.emits, keeps ? kept : ColumnStep.NONE));
        addSteps(n, depth + 1, keeps ? kept : ColumnStep.BIAS, keeps ? kept + 1 : kept, taps, dilation);
      }
    }
  }

  // ---- stages ------------------------------------------------------------------------------------------------------

  /** What is computed anew in each step, on [steps, features]. */
  public sealed interface Stage {
    /**
     * The flattened window times a matrix.
     *
     * @param kernel [window · features, out]
     * @param bias [out]
     * @param gates whether the sums are those of an LSTM's gates, in Keras' order i, f, c, o
     */
    record Projection(String layers, Tensor kernel, Tensor bias, Finish finish, boolean gates) implements Stage {}

    /** The window, column by column: [window, features]. */
    record Window() implements Stage {}

    /** The newest column of the window: [features]. */
    record Newest() implements Stage {}

    /**
     * A matrix, or a causal convolution over the steps.
     *
     * @param kernel [taps, in, out], the last tap for the newest step
     * @param dilation steps from tap to tap
     * @param gates whether the sums are those of an LSTM's gates
     */
    record Matrix(String layers, Tensor kernel, Tensor bias, int dilation, Finish finish, boolean gates) implements Stage {}

    /**
     * The steps of an LSTM.
     *
     * @param kernel [in, 4 H]; null if the gates' sums, with the bias, are given, the same at each step
     * @param bias [4 H]; null as the kernel
     * @param steps how many
     * @param sequences whether h of each step is wanted, or of the last alone
     * @param stateful whether h and c go on from sample to sample; there is one step then
     */
    record Lstm(String layers, Tensor kernel, Tensor recurrent, Tensor bias, int steps, boolean sequences, boolean stateful) implements Stage {}

    /** Exponential traces, from sample to sample: {@link Layer.Traces}. */
    record Traces(Layer.Traces layer) implements Stage {}

    /** Leaking memories, from sample to sample: {@link Layer.ELM}. */
    record Elm(Layer.ELM layer) implements Stage {}

    /** Scales and shifts each feature. */
    record Scale(String layers, Finish finish) implements Stage {}

    /** The one step n times. */
    record Repeat(int n) implements Stage {}

    /** All steps as one. */
    record Flatten() implements Stage {}

    /** The mean over the steps. */
    record Mean() implements Stage {}
  }

  // The window itself is flattened by the projection, which is what the first stages look for.
  private void addEntry() {
    int i = planned;
    if (i < layers.size() && layers.get(i) instanceof Layer.Flatten) {
      int repeated = 1;
      for (i++; i < layers.size(); i++) {
        if (layers.get(i) instanceof Layer.RepeatVector r && repeated == 1) {
          repeated = r.n();
        } else if (!(layers.get(i) instanceof Layer.Dropout)) {
          break;
        }
      }
      boolean wasRepeated = layers.subList(planned, i).stream().anyMatch(Layer.RepeatVector.class::isInstance);
      Layer consumer = i < layers.size() ? layers.get(i) : null;
      if (consumer instanceof Layer.TimeDistributed t) {
        consumer = t.layer();
      }
      if (consumer instanceof Layer.Dense l) {
        stages.add(new Stage.Projection(l.name(), l.kernel(), l.bias(), Finish.of(l.activation()), false));
        features = l.kernel().extent(1);
      } else if (consumer instanceof Layer.LSTM l && wasRepeated) {
        stages.add(new Stage.Projection(l.name(), l.kernel(), l.bias(), Finish.NONE, true));
        addLstm(l, repeated);
        repeated = 1;
      } else {
        stages.add(new Stage.Window());
        return;
      }
      if (!(consumer instanceof Layer.LSTM)) {
        steps = 1;
      }
      repeats = repeated;
      planned = i + 1;
      return;
    }
    if (i < layers.size() && layers.get(i) instanceof Layer.Newest) {
      stages.add(new Stage.Newest());
      steps = 1;
      planned = i + 1;
      return;
    }
    stages.add(new Stage.Window());
  }

  private void add(Layer layer) {
    switch (layer) {
      case Layer.Conv1D l -> {
        materialise();
        addMatrix(l.name(), l.kernel(), l.bias(), l.dilation(), Finish.of(l.activation()), false);
      }
      case Layer.Dense l -> addMatrix(l.name(), asTap(l.kernel()), l.bias(), 1, Finish.of(l.activation()), false);
      case Layer.TimeDistributed l -> add(l.layer());
      case Layer.BatchNormalization l -> addScale(l);
      case Layer.Dropout l -> { }
      case Layer.Flatten l -> {
        materialise();
        stages.add(new Stage.Flatten());
        features = Math.multiplyExact(features, steps);
        steps = 1;
      }
      case Layer.RepeatVector l -> repeats = l.n();
      case Layer.Newest l -> {
        stages.add(new Stage.Newest());
        steps = 1;
        repeats = 1;
      }
      case Layer.Traces l -> stages.add(new Stage.Traces(l));
      case Layer.ELM l -> {
        stages.add(new Stage.Elm(l));
        features = l.memories();
      }
      case Layer.LSTM l -> {
        if (steps == 1) {  // the same at each repeat
          addMatrix(l.name(), asTap(l.kernel()), l.bias(), 1, Finish.NONE, true);
          addLstm(l, repeats);
        } else {
          stages.add(new Stage.Lstm(l.name(), l.kernel(), l.recurrent(), l.bias(), steps, l.returnSequences(), false));
          features = l.units();
          steps = l.returnSequences() ? steps : 1;
        }
        repeats = 1;
      }
    }
  }

  private void addMatrix(String layers, Tensor kernel, Tensor bias, int dilation, Finish finish, boolean gates) {
    stages.add(new Stage.Matrix(layers, kernel, bias, dilation, finish, gates));
    features = kernel.extent(2);
  }

  private void addLstm(Layer.LSTM l, int n) {
    stages.add(new Stage.Lstm(l.name(), null, l.recurrent(), null, n, l.returnSequences(), l.stateful()));
    features = l.units();
    steps = l.returnSequences() ? n : 1;
  }

  private void addScale(Layer.BatchNormalization l) {
    Stage last = stages.removeLast();
    switch (last) {
      case Stage.Projection s when !s.gates() ->
          stages.add(new Stage.Projection(s.layers() + ", " + l.name(), s.kernel(), s.bias(), s.finish().then(l), false));
      case Stage.Matrix s when !s.gates() ->
          stages.add(new Stage.Matrix(s.layers() + ", " + l.name(), s.kernel(), s.bias(), s.dilation(), s.finish().then(l), false));
      default -> {
        stages.add(last);
        stages.add(new Stage.Scale(l.name(), Finish.NONE.then(l)));
      }
    }
  }

  private void materialise() {
    if (repeats > 1) {
      stages.add(new Stage.Repeat(repeats));
      steps = repeats;
      repeats = 1;
    }
  }

  // Where linear stages begin that nothing but linear ones follow: a mean may come before them.
  private int firstOfLinearEnd() {
    int i = stages.size();
    while (i > 0 && switch (stages.get(i - 1)) {
      case Stage.Matrix s -> s.kernel().extent(0) == 1 && s.finish().isLinear() && !s.gates();
      case Stage.Scale s -> s.finish().isLinear();
      default -> false;
    }) {
      i--;
    }
    return i;
  }

  private static Tensor asTap(Tensor matrix) {
    return new Tensor(new int[] {1, matrix.extent(0), matrix.extent(1)}, matrix.data());
  }
}
