package io.galvani.surrogate;

import io.galvani.InputException;
import io.galvani.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/**
 * Exports networks as ONNX, which other runtimes read. The graphs are described in {@code io/galvani/surrogate/README.md} among the
 * resources; the description of the surrogate is in their metadata, under {@code galvani}.
 */
public final class OnnxFile {
  /** What they make of a step does not depend on the others. */
  private static final Set<Class<? extends Layer>> STEP_BY_STEP = Set.of(Layer.BatchNormalization.class, Layer.Dense.class,
      Layer.TimeDistributed.class, Layer.Dropout.class);

  private final String source;
  private final Surrogate surrogate;
  private final Network network;
  private final OnnxGraph graph;
  private final OnnxLayers layers;

  private OnnxFile(String source, Surrogate surrogate) {
    this.source = source;
    this.surrogate = surrogate;
    network = surrogate.network();
    graph = new OnnxGraph("network");
    layers = new OnnxLayers(graph);
  }

  /**
   * Writes the network as frameworks run it: a window in, the predictions and their mean out.
   *
   * @param source of the surrogate, for errors
   * @throws InputException if the file cannot be there, or the network is too large for one
   */
  public static void write(Path file, String source, Surrogate surrogate) throws IOException {
    var onnx = new OnnxFile(source, surrogate);
    onnx.whole();
    onnx.write(file, "The network as frameworks run it");
  }

  /**
   * Writes the network for one sample after another, its older columns kept: the mean of its predictions, by a tenth of the work.
   *
   * @param source of the surrogate, for errors
   * @throws InputException also if nothing of a window can be used again for the next; names the layer
   */
  public static void writeIncremental(Path file, String source, Surrogate surrogate) throws IOException {
    var onnx = new OnnxFile(source, surrogate);
    onnx.incremental();
    onnx.write(file, "The network for one sample after another");
  }

  private void write(Path file, String about) throws IOException {
    var model = graph.model(about, DescriptionWriter.write(surrogate));
    if (model.size() > Integer.MAX_VALUE) {
      throw bad(null, "takes " + model.size() + " bytes", "An ONNX file ends at 2 GiB");
    }
    AtomicFile.write(file, model.parts());
  }

  // ---- as frameworks run it ----

  private void whole() {
    String x = graph.input("window", network.window(), network.channels());
    x = run(0, network.layers().size(), x);
    int[] shape = network.shape(network.layers().size());
    graph.enter("outputs");
    if (shape.length == 1) {
      x = graph.add("Unsqueeze", x, graph.constant(1));
    }
    graph.output("prediction", x, network.repeats(), network.outputs());
    graph.output("mean", layers.mean(x), network.outputs());
  }

  /** Layers first…end − 1; what the last one makes. */
  private String run(int first, int end, String x) {
    for (int i = first; i < end; i++) {
      x = layers.add(network.layers().get(i), x, network.shape(i));
    }
    return x;
  }

  // ---- one sample after another ----

  private void incremental() {
    int flatten = columns();
    int reach = reach(flatten);
    int kept = network.window() - reach - 1;
    int features = network.shape(flatten)[1];
    String newest = graph.input("newest", reach + 1, network.channels());
    String oldest = reach == 0 ? null : graph.input("oldest", reach, network.channels());
    String columns = graph.input("columns", kept, features);
    String fresh = columns(flatten, newest, reach + 1, false);
    graph.enter("columns");
    String known = graph.node("Concat", columns, fresh).with("axis", 1).output();
    graph.output("next_columns", layers.sliced(known, 1, 1, kept + 1), kept, features);
    String window = known;
    if (reach > 0) {
      String edge = columns(flatten, oldest, reach, true);
      graph.enter("columns");
      window = graph.node("Concat", edge, known).with("axis", 1).output();
    }
    graph.output("mean", mean(flatten, window), network.outputs());
  }

  /** The index of the Flatten before which each layer works column by column. */
  private int columns() {
    var all = network.layers();
    for (int i = 0; i < all.size(); i++) {
      Layer l = all.get(i);
      if (l instanceof Layer.Flatten) {
        requireKept(i);
        return i;
      }
      if (!STEP_BY_STEP.contains(l.getClass()) && !(l instanceof Layer.Conv1D)) {
        throw bad(Network.place(l.name(), l.type()), "makes every column new when the window moves by a sample",
            "Only what stands before Flatten and has no state can be kept");
      }
    }
    throw bad(null, "has no Flatten, before which columns could be kept", "Export it without --incremental");
  }

  /** Refuses a network of which no column would be used twice. */
  private void requireKept(int flatten) {
    if (flatten == 0) {
      throw bad(null, "has no layer before Flatten, whose columns could be kept", "Export it without --incremental");
    }
    int reach = reach(flatten);
    if (reach > network.window() - 2) {
      throw bad(null, "looks back " + reach + " samples of a window of " + network.window() + ": no column could be kept",
          "Export it without --incremental");
    }
  }

  /** How many samples before its own a column is made of. */
  private int reach(int flatten) {
    long reach = network.layers().subList(0, flatten).stream().filter(Layer.Conv1D.class::isInstance)
        .mapToLong(l -> OnnxLayers.reach(OnnxLayers.within((Layer.Conv1D) l, network.window()))).sum();
    return (int) Math.min(reach, Integer.MAX_VALUE);
  }

  /** The columns of so many samples: all, with zeros to the left of them, or the last alone, which needs the others. */
  private String columns(int flatten, String x, int steps, boolean padded) {
    for (int i = 0; i < flatten; i++) {
      Layer l = network.layers().get(i);
      if (l instanceof Layer.Conv1D conv) {
        var reaching = OnnxLayers.within(conv, network.window());
        x = padded ? layers.oldest(reaching, x, steps) : layers.newest(reaching, x, steps);
        steps -= padded ? 0 : OnnxLayers.reach(reaching);
      } else {
        x = layers.add(l, x, network.shape(i));
      }
    }
    return x;
  }

  /** The mean of the predictions for a window of columns; what is the same for all, or may be done after the mean, is done once. */
  private String mean(int flatten, String window) {
    var all = network.layers();
    int linear = all.size();
    while (linear > flatten + 1 && isLinear(all.get(linear - 1))) {
      linear--;
    }
    String x = window;
    Layer.RepeatVector repeat = null; // x is the same at all of its steps, and there once
    for (int i = flatten; i < linear; i++) {
      Layer l = all.get(i);
      if (l instanceof Layer.RepeatVector r) {
        repeat = r;
      } else if (repeat == null) {
        x = layers.add(l, x, network.shape(i));
      } else if (l instanceof Layer.LSTM lstm) {
        x = layers.repeatedLstm(lstm, x, repeat.n());
        repeat = null;
      } else if (STEP_BY_STEP.contains(l.getClass())) {
        x = layers.add(l, x, new int[] {network.shape(i)[1]});
      } else {
        x = layers.add(l, layers.add(repeat, x, network.shape(flatten + 1)), network.shape(i));
        repeat = null;
      }
    }
    boolean several = network.shape(linear).length == 2 && repeat == null;
    graph.enter("outputs");
    return run(linear, all.size(), several ? layers.mean(x) : x);
  }

  private static boolean isLinear(Layer layer) {
    return switch (layer) {
      case Layer.Dense d -> d.activation() == Activation.LINEAR;
      case Layer.TimeDistributed d -> d.layer().activation() == Activation.LINEAR;
      case Layer.Dropout d -> true;
      default -> false;
    };
  }

  private InputException bad(String place, String fault, String remedy) {
    return new InputException(source, place, fault, remedy);
  }
}
