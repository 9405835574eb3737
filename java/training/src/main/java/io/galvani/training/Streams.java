package io.galvani.training;

import io.galvani.InputException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;

/** Streams of whole traces side by side, each from the start of its run; where one ends, another is drawn. They go on piece by piece. */
public final class Streams {
  private final Curriculum traces;
  private final SplittableRandom random;
  private final int rows;
  private final int[] drawn;   // the trace that a stream is in
  private final int[] row;     // that the present piece begins with

  /**
   * @param traces that are drawn from
   * @param streams how many
   * @param rows of a piece, at most as many as a trace has
   */
  public Streams(Curriculum traces, int streams, int rows, SplittableRandom random) {
    this.traces = traces;
    this.rows = rows;
    this.random = random;
    drawn = new int[streams];
    row = new int[streams];
    Arrays.fill(row, Integer.MAX_VALUE / 2);
  }

  /** @throws InputException if traces for training are shorter than a piece of so many rows */
  public static void require(Protocol protocol, List<Traces> data, int rows) {
    if (data.getFirst().rows() < rows) {
      throw new InputException(protocol.name(), "runs.training.ms", data.getFirst().rows() + " samples are less than a chunk",
          "Let runs have " + rows + " samples or more");
    }
  }

  /** Number of streams. */
  public int count() {
    return row.length;
  }

  /** Rows of a piece. */
  public int rows() {
    return rows;
  }

  /**
   * Goes on to the next piece of each.
   *
   * @param restarted told the streams that begin anew
   */
  public void next(IntConsumer restarted) {
    for (int s = 0; s < row.length; s++) {
      row[s] += rows;
      if (row[s] + rows > traces.block(drawn[s]).rows()) {
        drawn[s] = traces.draw(random);
        row[s] = 0;
        restarted.accept(s);
      }
    }
  }

  /** Events of the present pieces. */
  void events(Arrivals to) {
    to.clear();
    for (int s = 0; s < row.length; s++) {
      events(s).addTo(to, row[s], rows, s);
    }
  }

  /**
   * Events of the present piece of a stream, and of some rows before it.
   *
   * @param before so many rows; zeros where the trace had not begun
   * @param to receives [before + rows][channel] from an index on
   */
  public void events(int stream, int before, float[] to, int at) {
    int channels = events(stream).channels();
    int there = Math.min(before, row[stream]);
    Arrays.fill(to, at, at + (before + rows) * channels, 0);
    events(stream).addTo(to, at + (before - there) * channels, row[stream] - there, there + rows);
  }

  private EventCounts events(int stream) {
    return traces.block(drawn[stream]).events()[traces.trace(drawn[stream])];
  }

  /** 1 where the state at a row of the pieces is the top of a spike, else 0; [stream]. */
  void spikes(int at, float[] of) {
    for (int s = 0; s < of.length; s++) {
      of[s] = traces.block(drawn[s]).spikes()[traces.trace(drawn[s])][row[s] + at];
    }
  }

  /** What a head should say at a row of the pieces, in the network's numbers; [stream]. */
  void targets(int at, StreamingHeads.Head head, float[] of) {
    for (int s = 0; s < of.length; s++) {
      float x = traces.block(drawn[s]).outputs()[traces.trace(drawn[s])][head.recorded()][row[s] + at];
      of[s] = (float) head.normalisation().normalise(Math.min(x, head.limit()));
    }
  }
}
