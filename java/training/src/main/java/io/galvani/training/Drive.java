package io.galvani.training;

/** What arrives at the synapses of some cells, row by row. */
interface Drive {
  /** Number of cells. */
  int cells();

  /** Rows; after the last the first comes again. */
  int rows();

  /** What arrives at a channel in a row, in events of the slot's own weight: several, or a part of one. */
  double amount(int cell, int channel, int row);

  /** Numbers of events, [cell][channel][row]. */
  static Drive of(byte[][][] events) {
    return new Drive() {
      @Override
      public int cells() {
        return events.length;
      }

      @Override
      public int rows() {
        return events[0][0].length;
      }

      @Override
      public double amount(int cell, int channel, int row) {
        return events[cell][channel][row];
      }
    };
  }

  /** Events of other weights: their sums, [cell][channel][row]. */
  static Drive of(float[][][] amounts) {
    return new Drive() {
      @Override
      public int cells() {
        return amounts.length;
      }

      @Override
      public int rows() {
        return amounts[0][0].length;
      }

      @Override
      public double amount(int cell, int channel, int row) {
        return amounts[cell][channel][row];
      }
    };
  }
}
