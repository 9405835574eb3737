package io.galvani.cli;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how far a run has come, where stderr is a terminal: the launcher script tells by {@code galvani.terminal}. */
final class Progress implements AutoCloseable {
  private final ProgressBar bar;

  /**
   * @param tstop ms
   */
  Progress(double tstop) {
    bar = !Boolean.getBoolean("galvani.terminal") ? null : new ProgressBarBuilder()
        .setTaskName("simulate")
        .setUnit(" ms", 1)
        .setInitialMax((long) Math.ceil(tstop))
        .setStyle(ProgressBarStyle.ASCII)
        .setConsumer(new ConsoleProgressBarConsumer(System.err))
        .build();
  }

  /** Shows a time in ms. */
  void at(double time) {
    if (bar != null) {
      bar.stepTo((long) time);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
