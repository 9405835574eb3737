package io.galvani.cli;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how far something long has come, where stderr is a terminal: the launcher script tells by {@code galvani.terminal}. */
final class Progress implements AutoCloseable {
  private final ProgressBar bar;

  /** A run of so many ms. */
  Progress(double tstop) {
    this("simulate", "ms", (long) Math.ceil(tstop));
  }

  /**
   * @param task its name
   * @param unit of what is counted
   * @param all how much there is to do
   */
  Progress(String task, String unit, long all) {
    bar = !Boolean.getBoolean("galvani.terminal") ? null : new ProgressBarBuilder()
        .setTaskName(task)
        .setUnit(" " + unit, 1)
        .setInitialMax(all)
        .setStyle(ProgressBarStyle.ASCII)
        .setConsumer(new ConsoleProgressBarConsumer(System.err))
        .build();
  }

  /** Shows how much is done, in its unit. */
  void at(double done) {
    if (bar != null) {
      bar.stepTo((long) done);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
