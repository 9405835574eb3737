package io.galvani.training;

import java.util.Arrays;

/**
 * Runs a {@link StreamingNetwork} over a chunk of several streams at once, and back. The state goes on from chunk to chunk; gradients stop
 * at its edge (truncated back-propagation through time).
 *
 * <p>Streams are the lanes: each quantity of a sample is a row of one number a stream.
 */
final class StreamingPass {
  private final StreamingNetwork network;
  private final StreamingNetwork.Shape shape;
  private final int streams;
  private final int samples;

  private final float[] traceDecay;
  private final float[] memoryDecay;
  private final float[] gain;

  // [sample][row][stream]; of traces and memories entry 0 is the state before the chunk.
  private final float[][][] traces;
  private final float[][][] memories;
  private final float[][][] input;   // traces of the sample, then decayed memories: rows are shared with `traces`
  private final float[][][] hidden;
  private final float[][][] driven;  // tanh(u · update + update_bias)
  private Arrivals arrived;          // of the last chunk
  /** [sample][output][stream]: what the heads make. */
  final float[][][] outputs;
  /** [sample][output][stream]: to be filled with the gradients of the outputs before {@link #backward}. */
  final float[][][] outputGradients;

  // [stream][row]
  private final float[][] featuresOf;
  private final float[][] hiddenOf;
  private final float[][] memoriesOf;

  StreamingPass(StreamingNetwork network, int streams, int samples) {
    this.network = network;
    this.streams = streams;
    this.samples = samples;
    shape = network.shape;
    int features = shape.features();
    traceDecay = new float[features];
    memoryDecay = new float[shape.memories()];
    gain = new float[shape.memories()];
    traces = new float[samples + 1][features][streams];
    memories = new float[samples + 1][shape.memories()][streams];
    input = new float[samples][][];
    for (int t = 0; t < samples; t++) {
      input[t] = Arrays.copyOf(traces[t + 1], features + shape.memories());
      for (int m = 0; m < shape.memories(); m++) {
        input[t][features + m] = new float[streams];
      }
    }
    hidden = new float[samples][shape.hidden()][streams];
    driven = new float[samples][shape.memories()][streams];
    outputs = new float[samples][shape.outputs()][streams];
    outputGradients = new float[samples][shape.outputs()][streams];
    featuresOf = new float[streams][features];
    hiddenOf = new float[streams][shape.hidden()];
    memoriesOf = new float[streams][shape.memories()];
  }

  /** Forgets the past of a stream. */
  void restart(int stream) {
    for (float[][] rows : new float[][][] {traces[samples], memories[samples]}) {
      for (float[] row : rows) {
        row[stream] = 0;
      }
    }
  }

  /** Goes on by a chunk, with the parameters that the network has now. */
  void forward(Arrivals events) {
    prepare();
    arrived = events;
    for (int i = 0; i < traces[0].length; i++) {
      System.arraycopy(traces[samples][i], 0, traces[0][i], 0, streams);
    }
    for (int m = 0; m < memories[0].length; m++) {
      System.arraycopy(memories[samples][m], 0, memories[0][m], 0, streams);
    }
    for (int t = 0; t < samples; t++) {
      step(t);
    }
  }

  private void prepare() {
    for (int i = 0; i < traceDecay.length; i++) {
      traceDecay[i] = network.decay(network.traceTau[0][i]);
    }
    for (int m = 0; m < gain.length; m++) {
      memoryDecay[m] = network.decay(network.memoryTau[0][m]);
      gain[m] = StreamingNetwork.DRIVE * (1 - memoryDecay[m]);
    }
  }

  private void step(int t) {
    int features = shape.features();
    fill(featuresOf, 0);
    arrived.gather(t, network.sites, featuresOf);
    Rows.transpose(featuresOf, traces[t + 1]);
    for (int i = 0; i < features; i++) {
      Rows.add(traces[t + 1][i], traceDecay[i], traces[t][i]);
    }
    for (int m = 0; m < gain.length; m++) {
      product(memoryDecay[m], memories[t][m], input[t][features + m]);
    }
    for (int h = 0; h < shape.hidden(); h++) {
      Arrays.fill(hidden[t][h], network.bias[0][h]);
    }
    Rows.multiplyTransposed(hidden[t], network.kernel, input[t]);
    for (float[] u : hidden[t]) {
      relu(u);
    }
    for (int m = 0; m < gain.length; m++) {
      Arrays.fill(driven[t][m], network.updateBias[0][m]);
    }
    Rows.multiplyTransposed(driven[t], network.update, hidden[t]);
    for (int m = 0; m < gain.length; m++) {
      Rows.tanh(driven[t][m], driven[t][m]);
      float[] now = memories[t + 1][m];
      System.arraycopy(input[t][features + m], 0, now, 0, streams);
      Rows.add(now, gain[m], driven[t][m]);
    }
    for (int o = 0; o < shape.outputs(); o++) {
      Arrays.fill(outputs[t][o], network.headBias[0][o]);
    }
    Rows.multiply(outputs[t], network.head, memories[t + 1]);
  }

  /** Adds the gradients of the parameters to {@code to}, from {@link #outputGradients} of the last chunk. */
  void backward(StreamingNetwork to) {
    int features = shape.features();
    int count = shape.memories();
    float[][] dm = new float[count][streams];          // of the memories after the sample
    float[][] dz = new float[count][streams];          // of u · update + update_bias
    float[][] du = new float[shape.hidden()][streams];
    float[][] dx = new float[features + count][];      // of the traces, and of the memories
    float[][] dq = new float[features][streams];
    System.arraycopy(dq, 0, dx, 0, features);
    System.arraycopy(dm, 0, dx, features, count);
    // Of each stream apart, summed up at the end: sums of a row are no vector instructions.
    float[][] traceDecays = new float[features][streams];
    float[][] memoryDecays = new float[count][streams];
    float[][] biases = new float[du.length][streams];
    float[][] updateBiases = new float[count][streams];
    float[][] headBiases = new float[shape.outputs()][streams];
    float[][][] heads = new float[shape.outputs()][count][streams];
    for (int t = samples - 1; t >= 0; t--) {
      float[][] dy = outputGradients[t];
      for (int o = 0; o < shape.outputs(); o++) {
        Rows.add(headBiases[o], 1, dy[o]);
        for (int m = 0; m < count; m++) {
          Rows.addProducts(heads[o][m], 1, dy[o], memories[t + 1][m]);
        }
      }
      Rows.multiplyTransposed(dm, network.head, dy);
      for (int m = 0; m < count; m++) {
        // m = d + λ (1 − decay) · tanh z, with d = decay · the memory before
        float[] tanh = driven[t][m];
        tanhGradient(dm[m], tanh, gain[m], dz[m]);
        Rows.addProducts(memoryDecays[m], -StreamingNetwork.DRIVE, dm[m], tanh);
        Rows.add(updateBiases[m], 1, dz[m]);
      }
      Rows.transpose(dz, memoriesOf);
      Rows.multiply(to.update, hidden[t], memoriesOf);
      fill(du, 0);
      Rows.multiply(du, network.update, dz);
      for (int h = 0; h < du.length; h++) {
        reluGradient(hidden[t][h], du[h]);
        Rows.add(biases[h], 1, du[h]);
      }
      Rows.transpose(du, hiddenOf);
      Rows.multiply(to.kernel, input[t], hiddenOf);
      Rows.multiply(dx, network.kernel, du);
      Rows.transpose(dq, featuresOf);
      arrived.scatter(t, featuresOf, to.sites);
      for (int i = 0; i < features; i++) {
        Rows.addProducts(traceDecays[i], 1, dq[i], traces[t][i]);
        product(traceDecay[i], dq[i], dq[i]);
      }
      for (int m = 0; m < count; m++) {
        Rows.addProducts(memoryDecays[m], 1, dm[m], memories[t][m]);
        product(memoryDecay[m], dm[m], dm[m]);
      }
    }
    addSums(biases, to.bias[0]);
    addSums(updateBiases, to.updateBias[0]);
    addSums(headBiases, to.headBias[0]);
    for (int o = 0; o < heads.length; o++) {
      addSums(heads[o], to.head[o]);
    }
    // decay = exp(−h e^−p) of p = ln τ, so its derivative is decay · h e^−p.
    for (int i = 0; i < features; i++) {
      to.traceTau[0][i] += Rows.sum(traceDecays[i]) * slope(traceDecay[i], network.traceTau[0][i]);
    }
    for (int m = 0; m < count; m++) {
      to.memoryTau[0][m] += Rows.sum(memoryDecays[m]) * slope(memoryDecay[m], network.memoryTau[0][m]);
    }
  }

  private static void addSums(float[][] rows, float[] to) {
    for (int i = 0; i < rows.length; i++) {
      to[i] += Rows.sum(rows[i]);
    }
  }

  private float slope(float decay, float lnTau) {
    return (float) (decay * shape.sample() * Math.exp(-lnTau));
  }

  private static void tanhGradient(float[] dm, float[] tanh, float gain, float[] dz) {
    for (int s = 0; s < dz.length; s++) {
      dz[s] = dm[s] * gain * (1 - tanh[s] * tanh[s]);
    }
  }

  // A factor of 0 or 1 without a condition, which would not be vectorised.
  private static void reluGradient(float[] u, float[] du) {
    for (int s = 0; s < du.length; s++) {
      du[s] *= Math.min(1, u[s] * Float.MAX_VALUE);
    }
  }

  private static void relu(float[] u) {
    for (int s = 0; s < u.length; s++) {
      u[s] = Math.max(0, u[s]);
    }
  }

  private static void product(float factor, float[] of, float[] to) {
    for (int s = 0; s < to.length; s++) {
      to[s] = factor * of[s];
    }
  }

  private static void fill(float[][] rows, float with) {
    for (float[] row : rows) {
      Arrays.fill(row, with);
    }
  }
}
