package io.galvani.bench.surrogate;

import io.galvani.device.Device;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateEngine;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.SurrogatePrecision;
import java.util.Arrays;
import java.util.List;

/** Our own engine on a device, a call a step. */
final class EngineStepper implements Stepper {
  private final SurrogateEngine engine;
  private final SurrogateEngine.Inputs inputs;
  private final double[] recorded;
  private final float[] prediction;

  EngineStepper(Device device, Network network, int cells, int threads, SurrogatePrecision precision) {
    engine = device.engine(Plan.of(network), Surrogate.of("bench", network).outputs(),
        SurrogateOptions.DEFAULT.cells(cells).threads(threads).precision(precision));
    engine.start(List.of(new double[network.window() * network.channels()]));
    int[] cell = new int[cells];
    Arrays.setAll(cell, c -> c);
    inputs = new SurrogateEngine.Inputs(cells, new long[cells], cell, new int[cells], new double[cells]);
    recorded = new double[cells * network.outputs()];
    prediction = new float[recorded.length];
  }

  @Override
  public void step(int[] channel, float weight) {
    System.arraycopy(channel, 0, inputs.channel(), 0, channel.length);
    Arrays.fill(inputs.value(), weight);
    engine.advance(1, inputs, recorded);
    for (int i = 0; i < prediction.length; i++) {
      prediction[i] = (float) recorded[i];
    }
  }

  @Override
  public float[] prediction() {
    return prediction;
  }

  @Override
  public int period() {
    return SurrogateOptions.LOOK_AHEAD;
  }

  @Override
  public void close() {
    engine.close();
  }
}
