package io.galvani.cli;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Run times that Oláh, Pedersen & Rowan 2022 (eLife 79535, Figs. 2 and 7) give for their cells, unconnected and identical. */
final class Published {
  /**
   * A curve over numbers of cells.
   *
   * @param seconds wall time for 100 ms of all cells
   */
  private record Curve(String name, int[] cells, double[] seconds) {}

  /**
   * A published point.
   *
   * @param perSecond wall seconds for a second of all cells
   */
  record Point(String name, int cells, double perSecond) {}

  private static final int[] CELLS = {1, 50, 5000};
  private static final String NEURON = "paper: NEURON, one core";
  private static final String CPU = "paper: CNN-LSTM, one core";
  private static final String GPU = "paper: CNN-LSTM, GPU";

  /** By the name of our cell that is nearest to theirs; of the layer-5 cell they extrapolated NEURON from one cell. */
  private static final Map<String, List<Curve>> CURVES = Map.of(
      "ball", List.of(new Curve(NEURON, CELLS, new double[] {0.65, 7.45, 407.2}), new Curve(CPU, CELLS, new double[] {2.19, 4.42, 222.15}),
          new Curve(GPU, CELLS, new double[] {0.72, 0.71, 2.97})),
      "l5pc", List.of(new Curve(NEURON, CELLS, new double[] {185.5, 5.8e3, 6.28e5}), new Curve(CPU, CELLS, new double[] {4.73, 14.3, 901.15}),
          new Curve(GPU, CELLS, new double[] {1.02, 1.19, 11.99})));

  private Published() {}

  /** What was published of such a cell; empty for most. */
  static List<List<Point>> of(String cell) {
    return CURVES.getOrDefault(cell, List.of()).stream().map(c -> IntStream.range(0, c.cells.length)
        .mapToObj(i -> new Point(c.name, c.cells[i], 10 * c.seconds[i])).toList()).toList();
  }
}
