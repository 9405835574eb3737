package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StreamingPassTest {
  private static final int STREAMS = 4;
  private static final int SAMPLES = 12;

  private static StreamingNetwork network(long seed) {
    return StreamingNetwork.random(new StreamingNetwork.Shape(2, 6, 11, 9, 3, 0.5), seed);
  }

  private static float[][][] events(int samples, long seed) {
    var random = new SplittableRandom(seed);
    float[][][] e = new float[samples][2][STREAMS];
    for (float[][] sample : e) {
      for (float[] channel : sample) {
        for (int s = 0; s < STREAMS; s++) {
          channel[s] = random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0;
        }
      }
    }
    return e;
  }

  private static Arrivals arrivals(float[][][] events) {
    var arrivals = new Arrivals(events.length);
    for (int t = 0; t < events.length; t++) {
      for (int c = 0; c < events[t].length; c++) {
        for (int s = 0; s < STREAMS; s++) {
          if (events[t][c][s] != 0) {
            arrivals.add(t, s, c, events[t][c][s]);
          }
        }
      }
    }
    return arrivals;
  }

  /** As its definition is written, in float64, one stream from the start; [sample][output]. */
  private static double[][] reference(StreamingNetwork n, float[][][] events, int stream) {
    var shape = n.shape;
    double h = shape.sample();
    double[] q = new double[shape.features()];
    double[] m = new double[shape.memories()];
    double[][] y = new double[events.length][shape.outputs()];
    for (int t = 0; t < events.length; t++) {
      double[] x = new double[q.length + m.length];
      for (int i = 0; i < q.length; i++) {
        q[i] = Math.exp(-h / Math.exp(n.traceTau[0][i])) * q[i];
        for (int c = 0; c < shape.channels(); c++) {
          q[i] += (double) events[t][c][stream] * n.sites[c][i];
        }
        x[i] = q[i];
      }
      for (int i = 0; i < m.length; i++) {
        x[q.length + i] = Math.exp(-h / Math.exp(n.memoryTau[0][i])) * m[i];
      }
      double[] u = new double[shape.hidden()];
      for (int o = 0; o < u.length; o++) {
        double sum = n.bias[0][o];
        for (int i = 0; i < x.length; i++) {
          sum += n.kernel[i][o] * x[i];
        }
        u[o] = Math.max(0, sum);
      }
      for (int i = 0; i < m.length; i++) {
        double sum = n.updateBias[0][i];
        for (int o = 0; o < u.length; o++) {
          sum += n.update[o][i] * u[o];
        }
        m[i] = x[q.length + i] + 5 * (1 - Math.exp(-h / Math.exp(n.memoryTau[0][i]))) * Math.tanh(sum);
      }
      for (int o = 0; o < y[t].length; o++) {
        y[t][o] = n.headBias[0][o];
        for (int i = 0; i < m.length; i++) {
          y[t][o] += n.head[o][i] * m[i];
        }
      }
    }
    return y;
  }

  @Test
  void computesWhatIsWritten() {
    var n = network(1);
    var pass = new StreamingPass(n, STREAMS, SAMPLES);
    float[][][] events = events(SAMPLES, 2);
    pass.forward(arrivals(events));
    for (int s = 0; s < STREAMS; s++) {
      double[][] wanted = reference(n, events, s);
      for (int t = 0; t < SAMPLES; t++) {
        for (int o = 0; o < 3; o++) {
          assertEquals(wanted[t][o], pass.outputs[t][o][s], 2e-5);
        }
      }
    }
  }

  @Test
  void goesOnFromChunkToChunk() {
    var n = network(3);
    float[][][] events = events(SAMPLES, 4);
    var whole = new StreamingPass(n, STREAMS, SAMPLES);
    whole.forward(arrivals(events));
    var half = new StreamingPass(n, STREAMS, SAMPLES / 2);
    for (int c = 0; c < 2; c++) {
      half.forward(arrivals(Arrays.copyOfRange(events, c * SAMPLES / 2, (c + 1) * SAMPLES / 2)));
      for (int t = 0; t < SAMPLES / 2; t++) {
        assertArrayEquals(whole.outputs[c * SAMPLES / 2 + t], half.outputs[t]);
      }
    }
    half.restart(1);
    half.forward(arrivals(Arrays.copyOf(events, SAMPLES / 2)));
    assertEquals(whole.outputs[3][1][1], half.outputs[3][1][1]);
  }

  /** Each gradient against the difference that a small step of its parameter makes. */
  @Test
  void gradientsAreSlopes() {
    var n = network(5);
    float[][][] events = events(SAMPLES, 6);
    var random = new SplittableRandom(7);
    double[][][] weight = new double[SAMPLES][3][STREAMS];
    var pass = new StreamingPass(n, STREAMS, SAMPLES);
    for (int t = 0; t < SAMPLES; t++) {
      for (int o = 0; o < 3; o++) {
        for (int s = 0; s < STREAMS; s++) {
          weight[t][o][s] = random.nextDouble(-1, 1);
          pass.outputGradients[t][o][s] = (float) weight[t][o][s];
        }
      }
    }
    pass.forward(arrivals(events));
    var gradients = new StreamingNetwork(n.shape);
    pass.backward(gradients);
    for (int p = 0; p < n.parameters().size(); p++) {
      for (int r = 0; r < n.parameters().get(p).length; r++) {
        float[] row = n.parameters().get(p)[r];
        for (int j = 0; j < row.length; j++) {
          float kept = row[j];
          float step = 1e-4f;
          row[j] = kept + step;
          double up = loss(n, events, weight);
          double by = row[j];
          row[j] = kept - step;
          double slope = (up - loss(n, events, weight)) / (by - row[j]);
          row[j] = kept;
          assertEquals(slope, gradients.parameters().get(p)[r][j], 2e-3 * Math.max(1, Math.abs(slope)),
              "parameter " + p + " [" + r + "][" + j + "]");
        }
      }
    }
  }

  private static double loss(StreamingNetwork n, float[][][] events, double[][][] weight) {
    double sum = 0;
    for (int s = 0; s < STREAMS; s++) {
      double[][] y = reference(n, events, s);
      for (int t = 0; t < y.length; t++) {
        for (int o = 0; o < 3; o++) {
          sum += weight[t][o][s] * y[t][o];
        }
      }
    }
    return sum;
  }

  @Test
  void tanhIsThatOfTheTextbook() {
    float[] x = new float[4000];
    float[] y = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = (i - 2000) / 150f;
    }
    Rows.tanh(x, y);
    for (int i = 0; i < x.length; i++) {
      assertEquals(Math.tanh(x[i]), y[i], 4e-7);
    }
  }
}
