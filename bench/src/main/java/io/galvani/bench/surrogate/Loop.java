package io.galvani.bench.surrogate;

import io.galvani.bench.surrogate.Networks.Case;

/** A runner in closed loop, with an event a cell and step, each step on another channel. */
final class Loop implements AutoCloseable {
  private static final float WEIGHT = 1e-3f; // µS
  private static final int WARM_UP = 2;      // steps: TensorFlow optimises its graph in the first

  private final Stepper stepper;
  private final int[] channel;
  private final int outputs;
  private final int inputs;
  private int n;

  Loop(Runner runner, Case c, int cells, int threads) {
    stepper = runner.open(c.network(), cells, threads);
    channel = new int[cells];
    outputs = c.network().outputs();
    inputs = c.network().channels() - outputs;
  }

  float[] step() {
    for (int cell = 0; cell < channel.length; cell++) {
      channel[cell] = outputs + (7 * cell + n) % inputs;
    }
    n = (n + 1) % inputs;
    stepper.step(channel, WEIGHT);
    return stepper.prediction();
  }

  /** Wall time of so many steps. */
  double seconds(int steps) {
    long begin = System.nanoTime();
    for (int s = 0; s < steps; s++) {
      step();
    }
    return (System.nanoTime() - begin) / 1e9;
  }

  /** Warms up; how many steps take about so long, whole periods of them. */
  int stepsOf(double seconds) {
    int steps = WARM_UP;
    seconds(steps);
    double taken = seconds(1) * steps;
    while (taken < seconds / 2) {
      steps *= 2;
      taken = seconds(steps);
    }
    int period = stepper.period();
    return period * (int) Math.max(1, Math.round(steps * seconds / taken / period));
  }

  @Override
  public void close() {
    stepper.close();
  }
}
