package io.galvani.training;

import java.util.Arrays;

/** Events of a chunk of several streams, as few of the numbers of a sample are not 0: a list each sample. */
final class Arrivals {
  private final int[][] stream;
  private final int[][] channel;
  private final float[][] number;
  private final int[] count;

  Arrivals(int samples) {
    stream = new int[samples][16];
    channel = new int[samples][16];
    number = new float[samples][16];
    count = new int[samples];
  }

  /** Forgets all. */
  void clear() {
    Arrays.fill(count, 0);
  }

  /** Adds events of a channel at a sample. */
  void add(int sample, int stream, int channel, float number) {
    int n = count[sample]++;
    if (n == this.stream[sample].length) {
      this.stream[sample] = Arrays.copyOf(this.stream[sample], 2 * n);
      this.channel[sample] = Arrays.copyOf(this.channel[sample], 2 * n);
      this.number[sample] = Arrays.copyOf(this.number[sample], 2 * n);
    }
    this.stream[sample][n] = stream;
    this.channel[sample][n] = channel;
    this.number[sample][n] = number;
  }

  /** {@code to[stream] += number · rows[channel]} of the events at a sample. */
  void gather(int sample, float[][] rows, float[][] to) {
    for (int i = 0; i < count[sample]; i++) {
      Rows.add(to[stream[sample][i]], number[sample][i], rows[channel[sample][i]]);
    }
  }

  /** {@code to[channel] += number · rows[stream]} of the events at a sample. */
  void scatter(int sample, float[][] rows, float[][] to) {
    for (int i = 0; i < count[sample]; i++) {
      Rows.add(to[channel[sample][i]], number[sample][i], rows[stream[sample][i]]);
    }
  }
}
