package io.galvani.training;

/**
 * What is wrong about the heads: mean squares, each in its own scale and with its weight ({@link StreamingHeads}), and several times the
 * cross-entropy of the spike score.
 *
 * @param heads of the network
 * @param spikes weight of the cross-entropy
 */
public record StreamingLoss(StreamingHeads heads, double spikes) {
  /**
   * The gradients of its mean over the samples of all streams.
   *
   * @param streams what was to be said
   * @param groups of as many streams that are summed up
   * @param predicted [row][head][stream]
   * @param gradients receives as many
   * @return mean square error of the voltage, below its limit if there is such a head, in its scale
   */
  public double gradients(Streams streams, int groups, float[][][] predicted, float[][][] gradients) {
    float[] of = new float[streams.count()];
    float share = 1f / (streams.rows() * of.length * groups);
    double sum = 0;
    for (int t = 0; t < streams.rows(); t++) {
      for (int o = 0; o < heads.size(); o++) {
        if (o == StreamingHeads.SPIKE) {
          streams.spikes(t, of);
          crossEntropy(predicted[t][o], of, (float) spikes * share, gradients[t][o]);
        } else {
          streams.targets(t, heads.heads().get(o), of);
          squares(predicted[t][o], of, 2 * share * (float) heads.heads().get(o).weight(), gradients[t][o]);
          sum += o == heads.shown() ? squares(predicted[t][o], of) : 0;
        }
      }
    }
    return sum / (streams.rows() * of.length);
  }

  // Of a logit, whose probability is (1 + tanh(logit / 2)) / 2.
  private static void crossEntropy(float[] logit, float[] of, float weight, float[] gradient) {
    for (int s = 0; s < of.length; s++) {
      gradient[s] = logit[s] / 2;
    }
    Rows.tanh(gradient, gradient);
    for (int s = 0; s < of.length; s++) {
      gradient[s] = weight * (0.5f + 0.5f * gradient[s] - of[s]);
    }
  }

  private static void squares(float[] predicted, float[] of, float weight, float[] gradient) {
    for (int s = 0; s < of.length; s++) {
      gradient[s] = weight * (predicted[s] - of[s]);
    }
  }

  private static double squares(float[] predicted, float[] of) {
    double sum = 0;
    for (int s = 0; s < of.length; s++) {
      sum += (predicted[s] - of[s]) * (predicted[s] - of[s]);
    }
    return sum;
  }
}
