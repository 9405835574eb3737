package io.galvani.training.torch;

import static org.bytedeco.pytorch.global.torch.grad;

import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import io.galvani.training.Adam;
import io.galvani.training.Curriculum;
import io.galvani.training.Learner;
import io.galvani.training.Traces;
import io.galvani.training.Training;
import io.galvani.training.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * A network in training whose gradients libtorch computes. What an update sees comes in groups; groups are computed by threads and summed
 * in their order, so that threads change nothing.
 */
abstract class TorchLearner implements Learner {
  private static final int WARM_UP = 100;

  final Training.Options options;
  final Surrogate form;
  final TorchNetwork torch;
  final Curriculum traces;
  private final List<float[][]> present;
  private final Adam adam;
  private final Weights weights;
  private final int first;
  private final double rate;
  private final List<List<float[][]>> gradients = new ArrayList<>();  // of each group
  private boolean begun;

  /**
   * @param form the surrogate, with the weights that training begins with
   * @param data of the runs for training
   * @param rate of learning, at first, unless the options have another
   */
  TorchLearner(Surrogate form, List<Traces> data, Training.Options options, int groups, double rate) {
    this.form = form;
    traces = new Curriculum(data, options.schedule().curriculum());
    this.options = options;
    this.rate = options.schedule().rate().orElse(rate);
    torch = new TorchNetwork(form.network());
    present = torch.weights().stream().map(w -> new float[][] {TorchNetwork.values(w)}).toList();
    adam = new Adam(present);
    weights = new Weights(present, adam);
    first = options.top() == 0 ? 0 : torch.firstOfTop(options.top());
    adam.trainFrom(first);
    torch.train(first);
    for (int g = 0; g < groups; g++) {
      gradients.add(present.stream().map(p -> new float[1][p[0].length]).toList());
    }
  }

  /** Comes before the first update: only then, as a training that goes on draws other data than it did at its start. */
  abstract void begin(SplittableRandom random);

  /** Comes before an update. */
  void prepare(long updates) {}

  /**
   * Computes a group.
   *
   * @param gradients for {@link #differentiate}
   * @return the loss that is shown
   */
  abstract double pass(int group, List<float[][]> gradients);

  @Override
  public final double update(double progress) {
    if (!begun) {
      begun = true;
      begin(new SplittableRandom(options.seed() + adam.updates()));
    }
    traces.at(progress);
    prepare(adam.updates());
    torch.set(present);
    var range = IntStream.range(0, gradients.size());
    double[] losses = new double[gradients.size()];
    (options.threads() > 1 ? range.parallel() : range).forEach(g -> losses[g] = pass(g, gradients.get(g)));
    var sum = gradients.getFirst();
    for (var group : gradients.subList(1, gradients.size())) {
      for (int p = first; p < sum.size(); p++) {
        add(sum.get(p)[0], group.get(p)[0]);
      }
    }
    adam.update(sum, rate * Math.min(1, (adam.updates() + 1.0) / WARM_UP) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress))));
    return Arrays.stream(losses).average().orElseThrow();
  }

  private static void add(float[] to, float[] from) {
    for (int j = 0; j < to.length; j++) {
      to[j] += from[j];
    }
  }

  /**
   * The gradients by all weights that are trained.
   *
   * @param of a number, or numbers that a loss depends on
   * @param outer derivatives of the loss by these numbers
   */
  final void differentiate(Tensor of, Optional<Tensor> outer, List<float[][]> to) {
    var trained = new TensorVector();
    torch.weights().subList(first, present.size()).forEach(trained::push_back);
    TensorVector by = outer.isEmpty() ? grad(new TensorVector(of), trained)
        : grad(new TensorVector(of), trained, new TensorVector(outer.get()), new BoolOptional(), false, false);
    for (int p = first; p < present.size(); p++) {
      by.get(p - first).contiguous().data_ptr_float().get(to.get(p)[0]);
    }
  }

  @Override
  public final Surrogate surrogate(Optional<SpikeRule> spikes, Provenance provenance) {
    return WindowSurrogate.with(form, torch.layers(present), spikes, provenance);
  }

  @Override
  public final Weights weights() {
    return weights;
  }
}
