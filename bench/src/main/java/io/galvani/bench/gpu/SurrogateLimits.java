package io.galvani.bench.gpu;

import static io.galvani.bench.gpu.SurrogateTiming.zeros;

import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.Plan.Stage;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a step of a surrogate takes of each kernel in float32, worked out from the plan and from how the kernels share it out. Nothing here
 * is measured.
 */
final class SurrogateLimits {
  /** Cells whose rows a tile has, and numbers of a column: kTileRows, kTileColumns of kernels/surrogate/tile.h. */
  private static final int TILE = 64;
  /** Cells of a block of lstm where there are many. */
  private static final int LSTM_CELLS = 16;
  /** Numbers of a sample that are not 0: the one that is fed back, and events. */
  private static final int NUMBERS = 3;
  private static final int BYTES = 4;

  /**
   * Of a cell-step.
   *
   * @param multiplyAdds products that are added
   * @param weights bytes of weights that come through the caches, where there are many cells
   * @param numbers bytes of what a layer takes and makes, likewise
   */
  record Work(double multiplyAdds, double weights, double numbers) {
    Work plus(Work w) {
      return new Work(multiplyAdds + w.multiplyAdds, weights + w.weights, numbers + w.numbers);
    }

    static final Work NONE = new Work(0, 0, 0);
  }

  private final Plan plan;
  private final Map<String, Work> kernels = new LinkedHashMap<>();
  private double weights;  // bytes of all

  SurrogateLimits(Plan plan) {
    this.plan = plan;
    for (int i = 0; i < plan.columns().size(); i++) {
      Plan.Columns c = plan.columns().get(i);
      if (i == 0 && c.taps() == 1) {
        weights += (double) BYTES * c.in() * c.out();
        add("sparse", new Work((double) NUMBERS * c.out(), (double) BYTES * NUMBERS * c.out(), (double) BYTES * (c.in() + c.out())));
      } else {
        product("columns", c.steps().size(), c.in(), c.out(), (double) c.taps() * c.in() * c.out());
      }
    }
    int steps = 1;
    for (Stage stage : plan.stages()) {
      switch (stage) {
        case Stage.Projection s -> {
          int ahead = Math.min(SurrogateOptions.LOOK_AHEAD, Math.max(1, plan.network().window() - 1));
          int out = s.kernel().extent(1);
          product("ahead", plan.network().window() - 1, plan.columnFeatures(), out, (double) plan.network().window() * plan.columnFeatures() * out);
          product("project", (ahead + 1) / 2.0, plan.columnFeatures(), out, 0);
        }
        case Stage.Matrix s -> {
          Tensor k = s.kernel();
          product("matrix", (double) steps * k.extent(0), k.extent(1), k.extent(2), k.size());
        }
        case Stage.Lstm s -> {
          steps = s.steps();
          lstm(s);
        }
        case Stage.Mean s -> steps = 1;
        default -> throw new IllegalArgumentException(stage + " is in none of the paper's networks");
      }
    }
  }

  /** Tiles of rows of so many taps each. */
  private void product(String kernel, double rows, int in, int out, double held) {
    weights += BYTES * held;
    int columns = (out + TILE - 1) / TILE;
    add(kernel, new Work(rows * in * out, BYTES * rows * in * out / TILE, BYTES * (rows * in * columns + out)));
  }

  private void lstm(Stage.Lstm s) {
    double units = s.recurrent().extent(0);
    double matrix = 4 * units * units;
    double products = (s.steps() - 1) * matrix + (s.kernel() == null ? 0 : s.steps() * matrix);
    weights += BYTES * matrix * (s.kernel() == null ? 1 : 2);
    add("lstm", new Work(products, BYTES * products / LSTM_CELLS, BYTES * s.steps() * units));
  }

  private void add(String kernel, Work work) {
    kernels.merge(kernel, work, Work::plus);
  }

  /** All kernels together. */
  Work whole() {
    return kernels.values().stream().reduce(Work.NONE, Work::plus);
  }

  /** Cell-steps a second that float32 alone allows. */
  double rate(Card card) {
    return card.teraflops32() * 1e12 / (2 * whole().multiplyAdds);
  }

  /** Seconds that the weights take from device memory, which they do once a step where they do not stay in a cache. */
  double oneCell(Card card) {
    return weights / (card.terabytes() * 1e12);
  }

  /** The network of the paper's layer-5 cell, 201 channels, with no weights to speak of. */
  static Network paper() {
    int[] filters = {512, 256, 128};
    int window = 64;
    var layers = new ArrayList<Layer>(List.of(
        new Layer.Conv1D("conv1", zeros(1, 201, filters[0]), zeros(filters[0]), 1, Activation.RELU),
        new Layer.Conv1D("conv2", zeros(5, filters[0], filters[1]), zeros(filters[1]), 1, Activation.RELU),
        new Layer.Conv1D("conv3", zeros(1, filters[1], filters[2]), zeros(filters[2]), 1, Activation.TANH),
        new Layer.Flatten("flatten"), new Layer.RepeatVector("repeat", 5)));
    for (int i = 0; i < 3; i++) {
      layers.add(new Layer.LSTM("lstm" + i, zeros(i == 0 ? window * filters[2] : 128, 512), zeros(128, 512), zeros(512), true));
    }
    int in = 128;
    for (int out : new int[] {128, 100, 100, 100, 100, 1}) {
      layers.add(new Layer.Dense("dense" + layers.size(), zeros(in, out), zeros(out), out == 1 ? Activation.LINEAR : Activation.SELU));
      in = out;
    }
    return Network.of("layer 5", window, 201, layers);
  }

  /** The tables for {@code kernels/README.md}. */
  String markdown() {
    var t = new StringBuilder("| kernel | multiply-adds | bytes of weights | bytes of numbers |\n|---|---|---|---|\n");
    kernels.forEach((name, w) -> row(t, "`surrogate_" + name + "`", w));
    row(t, "all", whole());
    t.append("\n| card | cell-steps a second, by float32 alone | a step of few cells, by reading ")
        .append(String.format(Locale.ROOT, "%.1f", weights * 1e-6)).append(" MB of weights |\n|---|---|---|\n");
    for (Card c : Card.ALL) {
      t.append(String.format(Locale.ROOT, "| %s | %,.0f | %.1f µs |%n", c.name(), rate(c), oneCell(c) * 1e6));
    }
    return t.toString();
  }

  private static void row(StringBuilder t, String name, Work w) {
    t.append(String.format(Locale.ROOT, "| %s | %,.0f | %,.0f | %,.0f |%n", name, w.multiplyAdds, w.weights, w.numbers));
  }
}
