package io.galvani.cli;

import io.galvani.trace.ClosedLoopScores.Score;
import io.galvani.training.Training.Point;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What {@code train} found, as a page: the learning curve, and the scores on runs that nothing was chosen by. */
final class TrainReport {
  private TrainReport() {}

  /**
   * The page.
   *
   * @param title what was trained
   * @param curve validation runs in closed loop, over the budget
   * @param scores of the test runs, by the surrogate's name
   */
  static String html(String title, String machine, String command, List<Point> curve, Map<String, List<Score>> scores) {
    double end = Math.max(1e-9, curve.getLast().seconds() / 60);
    double[] minutes = of(curve, p -> p.seconds() / 60);
    var quality = new Plot("scores while it was trained", 260, new Plot.Axis("training, min", 0, end, false),
        new Plot.Axis("of validation runs, %", 0, 100, false));
    quality.line(minutes, of(curve, p -> percent(p.pooled())), 0);
    quality.line(minutes, of(curve, p -> percent(p.precision())), 1);
    quality.line(minutes, of(curve, p -> percent(p.recall())), 2);
    double least = curve.stream().mapToDouble(Point::loss).filter(l -> l > 0).min().orElse(1);
    double most = curve.stream().mapToDouble(Point::loss).filter(Double::isFinite).max().orElse(1);
    var loss = new Plot("loss while it was trained", 200, new Plot.Axis("training, min", 0, end, false),
        new Plot.Axis("loss", Math.pow(10, Math.floor(Math.log10(least))), Math.pow(10, Math.ceil(Math.log10(Math.max(most, 1.01 * least)))),
            true));
    loss.line(minutes, of(curve, p -> Math.clamp(p.loss(), least, Math.max(least, most))), 0);
    return Page.begin(title, machine, command) + "<h2>Learning curve</h2>\n"
        + Page.figure("Validation runs in closed loop, spikes within 1 ms. The weights that did best are kept; the rate of learning falls to 0"
            + " over the budget. Below: the mean square error of the voltage in training, in units of (20 mV)².",
            List.of(quality.html(), loss.html()), List.of("explained variance", "precision", "recall"))
        + "<h2>Test runs</h2>\n" + Page.scores(scores) + Page.END;
  }

  private static double[] of(List<Point> curve, ToDoubleFunction<Point> value) {
    return curve.stream().mapToDouble(value).toArray();
  }

  // A network that is not there yet explains less than nothing, or finds no spike.
  private static double percent(double share) {
    return Double.isFinite(share) ? 100 * Math.max(0, share) : 0;
  }
}
