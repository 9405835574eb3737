package io.galvani.training;

import java.util.Arrays;

/** Numbers of events of a trace, [channel][row]. Most are 0; only the others are kept, row by row. */
public final class EventCounts {
  private final int channels;
  private final int[] first;     // of each row in the two lists, and their end
  private final char[] channel;
  private final byte[] number;

  private EventCounts(int channels, int rows, int events) {
    this.channels = channels;
    first = new int[rows + 1];
    channel = new char[events];
    number = new byte[events];
  }

  /**
   * Those of an array.
   *
   * @param counts [channel][row], of at most 65,536 channels
   */
  public static EventCounts of(byte[][] counts) {
    if (counts.length > 1 << Character.SIZE) {
      throw new IllegalArgumentException(counts.length + " channels are more than " + (1 << Character.SIZE));
    }
    int rows = counts[0].length;
    int[] next = new int[rows + 1];
    for (byte[] row : counts) {
      for (int r = 0; r < rows; r++) {
        next[r + 1] += row[r] != 0 ? 1 : 0;
      }
    }
    Arrays.parallelPrefix(next, Integer::sum);
    var kept = new EventCounts(counts.length, rows, next[rows]);
    System.arraycopy(next, 0, kept.first, 0, rows + 1);
    for (int c = 0; c < counts.length; c++) {
      for (int r = 0; r < rows; r++) {
        if (counts[c][r] != 0) {
          kept.channel[next[r]] = (char) c;
          kept.number[next[r]++] = counts[c][r];
        }
      }
    }
    return kept;
  }

  /** Those of several traces, [trace][channel][row]. */
  public static EventCounts[] of(byte[][][] counts) {
    return Arrays.stream(counts).map(EventCounts::of).toArray(EventCounts[]::new);
  }

  int channels() {
    return channels;
  }

  /** Number of all events. */
  int total() {
    int n = 0;
    for (byte k : number) {
      n += k;
    }
    return n;
  }

  /** All of them: [channel][row]. */
  public byte[][] dense() {
    return dense(0, first.length - 1);
  }

  /** Those of several traces, [trace][channel][row]. */
  static byte[][][] dense(EventCounts[] traces) {
    return Arrays.stream(traces).map(EventCounts::dense).toArray(byte[][][]::new);
  }

  /** Those of some rows: [channel][row − from]. */
  public byte[][] dense(int from, int rows) {
    byte[][] counts = new byte[channels][rows];
    for (int r = 0; r < rows; r++) {
      for (int i = first[from + r]; i < first[from + r + 1]; i++) {
        counts[channel[i]][r] = number[i];
      }
    }
    return counts;
  }

  /** Adds those of some rows to [row][channel] from an index on. */
  void addTo(float[] to, int at, int from, int rows) {
    for (int r = 0; r < rows; r++) {
      for (int i = first[from + r]; i < first[from + r + 1]; i++) {
        to[at + r * channels + channel[i]] += number[i];
      }
    }
  }

  /** Adds those of some rows to a chunk of streams, each at the sample that its row is after {@code from}. */
  void addTo(Arrivals chunk, int from, int rows, int stream) {
    for (int r = 0; r < rows; r++) {
      for (int i = first[from + r]; i < first[from + r + 1]; i++) {
        chunk.add(r, stream, channel[i], number[i]);
      }
    }
  }
}
