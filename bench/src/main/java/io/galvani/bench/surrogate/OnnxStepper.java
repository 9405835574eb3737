package io.galvani.bench.surrogate;

import ai.onnxruntime.OnnxTensor;
import io.galvani.surrogate.Network;
import java.util.Map;

/** ONNX Runtime on the network as frameworks run it. */
final class OnnxStepper extends WindowStepper {
  private final OnnxModel model;
  private final Map<String, OnnxTensor> inputs;

  OnnxStepper(Network network, int cells, int threads) {
    super(network, cells);
    model = OnnxModel.whole(network, threads);
    inputs = Map.of("window", model.tensor(window, cells, network.window(), network.channels()));
  }

  @Override
  void predict(float[] prediction) {
    try (var result = model.run(inputs, "mean")) {
      OnnxModel.floats(result, "mean").get(prediction);
    }
  }

  @Override
  public void close() {
    inputs.values().forEach(OnnxTensor::close);
    model.close();
  }
}
