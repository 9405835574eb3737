package io.galvani.training;

import java.util.OptionalDouble;

/**
 * What a {@link StreamingNetwork} is made of and how it is fitted, beyond the data.
 *
 * @param features F of the network, likewise the next two
 * @param hidden H
 * @param memories M
 * @param groups of streams, as many as may be computed at once
 * @param lanes streams of a group; a multiple of 4, and the more the less each takes
 * @param chunk rows of an update
 * @param rate of learning, at first
 * @param spikes weight of the spike head's loss
 * @param orthogonal whether matrices are fitted by {@link Muon}'s steps, or all by Adam's
 */
record StreamingRecipe(int features, int hidden, int memories, int groups, int lanes, int chunk, double rate, double spikes,
    boolean orthogonal) {
  /** Above so many channels features are mixtures of them. */
  private static final int FEW = 16;
  /** Traces of a channel where there are few. */
  private static final int TRACES = 8;

  /** What does for a cell of so many channels; see the README. */
  static StreamingRecipe of(int channels) {
    return channels <= FEW ? new StreamingRecipe(channels * TRACES, 64, 48, 2, 64, 128, 5e-3, 5, false)
        : new StreamingRecipe(96, 96, 64, 2, 32, 128, 2e-3, 10, true);
  }

  /** With another rate, if there is one. */
  StreamingRecipe with(OptionalDouble rate) {
    return new StreamingRecipe(features, hidden, memories, groups, lanes, chunk, rate.orElse(this.rate), spikes, orthogonal);
  }
}
