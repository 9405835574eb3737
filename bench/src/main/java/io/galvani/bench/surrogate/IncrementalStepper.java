package io.galvani.bench.surrogate;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;
import io.galvani.surrogate.Network;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;

/** ONNX Runtime on the network for one sample after another: it keeps columns, and is given the ends of the window. */
final class IncrementalStepper implements Stepper {
  private final Network network;
  private final int cells;
  private final OnnxModel model;
  private final float[] prediction;
  /** [cells, window, channels]; sample n is in row n modulo the window. */
  private final float[] samples;
  private final int reach;
  private final FloatBuffer newest;
  private final FloatBuffer oldest;
  private final Map<String, OnnxTensor> inputs = new HashMap<>();
  private OrtSession.Result last;
  private int now; // the row of the newest sample

  IncrementalStepper(Network network, int cells, int threads) {
    this.network = network;
    this.cells = cells;
    model = OnnxModel.incremental(network, threads);
    prediction = new float[cells * network.outputs()];
    samples = new float[Math.multiplyExact(cells, network.window() * network.channels())];
    reach = model.extents("newest")[0] - 1;
    newest = WindowStepper.floats((long) cells * (reach + 1) * network.channels());
    oldest = WindowStepper.floats((long) cells * reach * network.channels());
    now = network.window() - 1;
    inputs.put("newest", model.tensor(newest, cells, reach + 1, network.channels()));
    if (reach > 0) {
      inputs.put("oldest", model.tensor(oldest, cells, reach, network.channels()));
    }
    inputs.put("columns", columnsAtRest());
  }

  /** The columns of samples of zeros: those of one cell, for all. */
  private OnnxTensor columnsAtRest() {
    int[] shape = model.extents("columns");
    int size = shape[0] * shape[1];
    int edge = Math.max(1, reach);
    FloatBuffer one = WindowStepper.floats(size);
    try (var first = model.tensor(WindowStepper.floats((reach + 1L) * network.channels()), 1, reach + 1, network.channels());
        var last = model.tensor(WindowStepper.floats((long) edge * network.channels()), 1, edge, network.channels());
        var columns = model.tensor(one, 1, shape[0], shape[1])) {
      var feed = new HashMap<>(Map.of("newest", first, "columns", columns));
      if (reach > 0) {
        feed.put("oldest", last);
      }
      for (int i = 0; i < shape[0]; i++) {
        try (var result = model.run(feed, "next_columns")) {
          one.put(0, OnnxModel.floats(result, "next_columns"), 0, size);
        }
      }
    }
    FloatBuffer all = WindowStepper.floats((long) cells * size);
    for (int cell = 0; cell < cells; cell++) {
      all.put(cell * size, one, 0, size);
    }
    return model.tensor(all, cells, shape[0], shape[1]);
  }

  @Override
  public void step(int[] channel, float weight) {
    int channels = network.channels();
    for (int cell = 0; cell < cells; cell++) {
      samples[row(cell, now) + channel[cell]] += weight;
    }
    gather(newest, now - reach, reach + 1);
    gather(oldest, now + 1, reach);
    var result = model.run(inputs, "mean", "next_columns");
    OnnxModel.floats(result, "mean").get(prediction);
    OnnxTensor used = inputs.put("columns", OnnxModel.tensor(result, "next_columns")); // fed back where it is
    if (last == null) {
      used.close();
    } else {
      last.close();
    }
    last = result;
    now = (now + 1) % network.window();
    for (int cell = 0; cell < cells; cell++) {
      for (int c = 0; c < channels; c++) {
        samples[row(cell, now) + c] = c < network.outputs() ? prediction[cell * network.outputs() + c] : 0;
      }
    }
  }

  /** So many samples of each cell, from that row on. */
  private void gather(FloatBuffer to, int first, int n) {
    to.clear();
    for (int cell = 0; cell < cells; cell++) {
      for (int i = 0; i < n; i++) {
        to.put(samples, row(cell, Math.floorMod(first + i, network.window())), network.channels());
      }
    }
  }

  private int row(int cell, int sample) {
    return (cell * network.window() + sample) * network.channels();
  }

  @Override
  public float[] prediction() {
    return prediction;
  }

  @Override
  public void close() {
    if (last != null) {
      inputs.remove("columns");
      last.close();
    }
    inputs.values().forEach(OnnxTensor::close);
    model.close();
  }
}
