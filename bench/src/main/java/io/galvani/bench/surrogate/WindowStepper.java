package io.galvani.bench.surrogate;

import io.galvani.surrogate.Network;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** A stepper of a framework that is given the whole window each time; here is the window. */
abstract class WindowStepper implements Stepper {
  final Network network;
  final int cells;
  /** [cells, window, channels], the oldest sample first. */
  final FloatBuffer window;
  private final float[] prediction;

  WindowStepper(Network network, int cells) {
    this.network = network;
    this.cells = cells;
    window = floats((long) cells * network.window() * network.channels());
    prediction = new float[cells * network.outputs()];
  }

  /** Predicts from the window: [cells, outputs]. */
  abstract void predict(float[] prediction);

  @Override
  public final void step(int[] channel, float weight) {
    int channels = network.channels();
    int row = network.window() * channels;
    for (int cell = 0; cell < cells; cell++) {
      int newest = (cell + 1) * row - channels;
      window.put(newest + channel[cell], window.get(newest + channel[cell]) + weight);
    }
    predict(prediction);
    var values = MemorySegment.ofBuffer(window);
    long sample = (long) channels * Float.BYTES; // all cells at once; their newest samples are written after
    MemorySegment.copy(values, sample, values, 0, values.byteSize() - sample);
    for (int cell = 0; cell < cells; cell++) {
      int newest = (cell + 1) * row - channels;
      for (int c = 0; c < channels; c++) {
        window.put(newest + c, c < network.outputs() ? prediction[cell * network.outputs() + c] : 0);
      }
    }
  }

  @Override
  public final float[] prediction() {
    return prediction;
  }

  /** Zeros, outside of the heap: frameworks read them where they are. */
  static FloatBuffer floats(long n) {
    return ByteBuffer.allocateDirect(Math.toIntExact(n * Float.BYTES)).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }
}
