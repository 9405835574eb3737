package io.galvani.training;

import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Which traces training draws: all of them, or at first the easy ones. Their order is that of Oláh et al. 2022: rest, isolated inputs, many
 * inputs without a spike, spikes, the fewer the sooner. The share that is drawn from grows from the easy end, so what was learnt is not
 * forgotten.
 */
public final class Curriculum {
  /** Share of the traces that it begins with. */
  private static final double FIRST = 0.1;

  private final List<Traces> data;
  private final double until;
  private final int[] block;  // of the traces in their order
  private final int[] trace;
  private int reach;

  /**
   * @param data one block or more
   * @param until share of the budget after which all are drawn; 0: from the start
   */
  public Curriculum(List<Traces> data, double until) {
    this.data = data;
    this.until = until;
    var places = IntStream.range(0, data.size()).boxed()
        .flatMap(b -> IntStream.range(0, data.get(b).count())
            .mapToObj(t -> new int[] {b, t, data.get(b).spikeTimes(t, 0, 1).length, data.get(b).events()[t].total()}))
        .sorted(Comparator.<int[]>comparingInt(p -> p[2]).thenComparingInt(p -> p[3])).toList();
    block = places.stream().mapToInt(p -> p[0]).toArray();
    trace = places.stream().mapToInt(p -> p[1]).toArray();
    at(0);
  }

  /** Goes on to a share of the budget. */
  public void at(double progress) {
    double share = progress >= until ? 1 : FIRST + (1 - FIRST) * progress / until;
    reach = Math.clamp((long) Math.ceil(share * block.length), 1, block.length);
  }

  /** The number of a trace that may be drawn now. */
  public int draw(SplittableRandom random) {
    return random.nextInt(reach);
  }

  /** The block that a trace is in. */
  public Traces block(int number) {
    return data.get(block[number]);
  }

  /** The index of a trace in its block. */
  public int trace(int number) {
    return trace[number];
  }
}
