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

  // Transposed, so that the factors of a sum are an array: [H][features + M], [M][H], [M][outputs].
  private final float[][] kernelOf;
  private final float[][] updateOf;
  private final float[][] headOf;
  private final float[] traceDecay;
  private final float[] memoryDecay;
  private final float[] gain;

  // [sample][row][stream]; of traces and memories entry 0 is the state before the chunk.
  private final float[][][] traces;
  private final float[][][] memories;
  private final float[][][] input;   // traces of the sample, then decayed memories: rows are shared with `traces`
  private final float[][][] hidden;
  private final float[][][] driven;  // tanh(u · update + update_bias)
  /** [sample][output][stream]: what the heads make. */
  final float[][][] outputs;
  /** [sample][output][stream]: to be filled with the gradients of the outputs before {@link #backward}. */
  final float[][][] outputGradients;

  private final float[] work;

  StreamingPass(StreamingNetwork network, int streams, int samples) {
    this.network = network;
    this.streams = streams;
    this.samples = samples;
    shape = network.shape;
    int features = shape.features();
    kernelOf = new float[shape.hidden()][features + shape.memories()];
    updateOf = new float[shape.memories()][shape.hidden()];
    headOf = new float[shape.memories()][shape.outputs()];
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
    work = new float[streams];
  }

  /** Forgets the past of a stream. */
  void restart(int stream) {
    for (float[][] rows : new float[][][] {traces[samples], memories[samples]}) {
      for (float[] row : rows) {
        row[stream] = 0;
      }
    }
  }

  /**
   * Goes on by a chunk, with the parameters that the network has now.
   *
   * @param events [sample][channel][stream]
   */
  void forward(float[][][] events) {
    prepare();
    for (int i = 0; i < traces[0].length; i++) {
      System.arraycopy(traces[samples][i], 0, traces[0][i], 0, streams);
    }
    for (int m = 0; m < memories[0].length; m++) {
      System.arraycopy(memories[samples][m], 0, memories[0][m], 0, streams);
    }
    for (int t = 0; t < samples; t++) {
      step(t, events[t]);
    }
  }

  private void prepare() {
    Rows.transpose(network.kernel, kernelOf);
    Rows.transpose(network.update, updateOf);
    Rows.transpose(network.head, headOf);
    for (int i = 0; i < traceDecay.length; i++) {
      traceDecay[i] = network.decay(network.traceTau[0][i]);
    }
    for (int m = 0; m < gain.length; m++) {
      memoryDecay[m] = network.decay(network.memoryTau[0][m]);
      gain[m] = StreamingNetwork.DRIVE * (1 - memoryDecay[m]);
    }
  }

  private void step(int t, float[][] events) {
    int features = shape.features();
    for (int i = 0; i < features; i++) {
      float[] q = traces[t + 1][i];
      System.arraycopy(events[i / shape.traces()], 0, q, 0, streams);
      Rows.add(q, traceDecay[i], traces[t][i]);
    }
    for (int m = 0; m < gain.length; m++) {
      float[] d = input[t][features + m];
      Arrays.fill(d, 0);
      Rows.add(d, memoryDecay[m], memories[t][m]);
    }
    for (int o = 0; o < kernelOf.length; o++) {
      float[] u = hidden[t][o];
      Arrays.fill(u, network.bias[0][o]);
      Rows.add(u, kernelOf[o], input[t]);
      for (int s = 0; s < streams; s++) {
        u[s] = Math.max(0, u[s]);
      }
    }
    for (int m = 0; m < gain.length; m++) {
      Arrays.fill(work, network.updateBias[0][m]);
      Rows.add(work, updateOf[m], hidden[t]);
      Rows.tanh(work, driven[t][m]);
      float[] now = memories[t + 1][m];
      System.arraycopy(input[t][features + m], 0, now, 0, streams);
      Rows.add(now, gain[m], driven[t][m]);
    }
    for (int o = 0; o < shape.outputs(); o++) {
      Arrays.fill(outputs[t][o], network.headBias[0][o]);
      Rows.add(outputs[t][o], network.head[o], memories[t + 1]);
    }
  }

  /** Adds the gradients of the parameters to {@code to}, from {@link #outputGradients} of the last chunk. */
  void backward(StreamingNetwork to) {
    int features = shape.features();
    int hiddens = shape.hidden();
    int count = shape.memories();
    float[][] dm = new float[count][streams];          // of the memories after the sample
    float[][] dz = new float[count][streams];          // of u · update + update_bias
    float[][] du = new float[hiddens][streams];
    float[][] dq = new float[features][streams];       // of the traces
    float[][] duOf = new float[streams][hiddens];
    float[][] dzOf = new float[streams][count];
    float[] traceDecays = new float[features];
    float[] memoryDecays = new float[count];
    for (int t = samples - 1; t >= 0; t--) {
      float[][] dy = outputGradients[t];
      for (int o = 0; o < shape.outputs(); o++) {
        to.headBias[0][o] += Rows.sum(dy[o]);
      }
      for (int m = 0; m < count; m++) {
        Rows.add(dm[m], headOf[m], dy);
        for (int o = 0; o < shape.outputs(); o++) {
          to.head[o][m] += Rows.dot(dy[o], memories[t + 1][m]);
        }
        // m = d + λ (1 − decay) · tanh z, with d = decay · the memory before
        float[] tanh = driven[t][m];
        tanhGradient(dm[m], tanh, gain[m], dz[m]);
        memoryDecays[m] -= StreamingNetwork.DRIVE * Rows.dot(dm[m], tanh);
        to.updateBias[0][m] += Rows.sum(dz[m]);
      }
      Rows.transpose(dz, dzOf);
      for (int h = 0; h < hiddens; h++) {
        float[] u = hidden[t][h];
        Rows.add(to.update[h], u, dzOf);
        Arrays.fill(du[h], 0);
        Rows.add(du[h], network.update[h], dz);
        reluGradient(u, du[h]);
        to.bias[0][h] += Rows.sum(du[h]);
      }
      Rows.transpose(du, duOf);
      for (int i = 0; i < features + count; i++) {
        Rows.add(to.kernel[i], input[t][i], duOf);
        Rows.add(i < features ? dq[i] : dm[i - features], network.kernel[i], du);
      }
      for (int i = 0; i < features; i++) {
        traceDecays[i] += Rows.dot(dq[i], traces[t][i]);
        scale(dq[i], traceDecay[i]);
      }
      for (int m = 0; m < count; m++) {
        memoryDecays[m] += Rows.dot(dm[m], memories[t][m]);
        scale(dm[m], memoryDecay[m]);
      }
    }
    // decay = exp(−h e^−p) of p = ln τ, so its derivative is decay · h e^−p.
    for (int i = 0; i < features; i++) {
      to.traceTau[0][i] += traceDecays[i] * slope(traceDecay[i], network.traceTau[0][i]);
    }
    for (int m = 0; m < count; m++) {
      to.memoryTau[0][m] += memoryDecays[m] * slope(memoryDecay[m], network.memoryTau[0][m]);
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

  private static void reluGradient(float[] u, float[] du) {
    for (int s = 0; s < du.length; s++) {
      du[s] = u[s] > 0 ? du[s] : 0;
    }
  }

  private static void scale(float[] row, float by) {
    for (int s = 0; s < row.length; s++) {
      row[s] *= by;
    }
  }
}
