package io.galvani.training.torch;

import static org.bytedeco.pytorch.global.torch.grad;

import io.galvani.InputException;
import io.galvani.surrogate.Channel;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.Surrogates;
import io.galvani.training.Adam;
import io.galvani.training.Learner;
import io.galvani.training.Protocol;
import io.galvani.training.Traces;
import io.galvani.training.Training;
import io.galvani.training.Weights;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * A network over a window in training: one-step predictions, from the true past with noise and from the network's own.
 *
 * <p>Loss: mean square error of the outputs in the network's numbers, the voltage counting most. Pieces of runs come in groups; groups are
 * computed by threads and summed in their order, so that threads change nothing.
 */
final class WindowLearner implements Learner {
  private static final int GROUPS = 2;
  /** Pieces of a group, and windows of a piece. */
  private static final int PIECES = 16;
  private static final int WINDOWS = 16;
  private static final double RATE = 1e-3;
  private static final int WARM_UP = 100;
  /** How much outputs beside the voltage count. */
  private static final float OTHERS = 0.1f;
  /** Updates before the first run of its own, and from one to the next. */
  private static final int ALONE = 400;
  private static final int RENEWED = 100;

  private final Training.Options options;
  private final Surrogate form;
  private final TorchNetwork torch;
  private final List<float[][]> present;
  private final Adam adam;
  private final Weights weights;
  private final int first;
  private final List<Traces> data;
  private final List<Protocol.Site> sites;
  private Chunks chunks;
  private Group[] groups;
  private boolean renewed;

  /** Some pieces with what they need. */
  private final class Group {
    final SplittableRandom random;
    final float[] seen = new float[PIECES * chunks.rows() * form.channels().size()];
    final float[] wanted = new float[PIECES * WINDOWS * form.outputs().size()];
    final List<float[][]> gradients = present.stream().map(p -> new float[1][p[0].length]).toList();
    double loss;

    Group(SplittableRandom random) {
      this.random = random;
    }
  }

  private WindowLearner(Surrogate form, Protocol protocol, List<Traces> data, Training.Options options) {
    this.form = form;
    this.data = data;
    this.options = options;
    sites = protocol.sites(protocol.compile());
    int rows = form.network().window() + WINDOWS;
    if (data.getFirst().rows() < rows) {
      throw new InputException(protocol.name(), "runs.training.ms", data.getFirst().rows() + " samples are less than a window and what it"
          + " is trained on", "Let runs have " + rows + " samples or more");
    }
    torch = new TorchNetwork(form.network());
    present = torch.weights().stream().map(w -> new float[][] {TorchNetwork.values(w)}).toList();
    adam = new Adam(present);
    weights = new Weights(present, adam);
    first = options.top() == 0 ? 0 : torch.firstOfTop(options.top());
    adam.trainFrom(first);
    torch.train(first);
  }

  static Learner begin(Architecture kind, Protocol protocol, List<Traces> data, Training.Options options) {
    Libtorch.load();
    var fresh = WindowSurrogate.of(kind, protocol, protocol.compile(), data, options.seed());
    return new WindowLearner(
        options.from().map(f -> WindowSurrogate.continued(Surrogates.load(f), f, fresh, kind)).orElse(fresh), protocol, data,
        options);
  }

  @Override
  public String identity() {
    return form.channels().stream().map(Channel::name).toList().toString();
  }

  @Override
  public double update(double progress) {
    if (groups == null) { // only now, as a training that goes on draws other data than it did at its start
      begin();
    }
    if (adam.updates() >= ALONE && (adam.updates() % RENEWED == 0 || !renewed)) {
      renewed = true;
      chunks.renew(surrogate(Optional.empty(), Provenance.UNKNOWN), options.device(), options.threads());
    }
    torch.set(present);
    var range = IntStream.range(0, GROUPS);
    (options.threads() > 1 ? range.parallel() : range).forEach(g -> pass(groups[g]));
    var sum = groups[0].gradients;
    for (int g = 1; g < GROUPS; g++) {
      for (int p = first; p < sum.size(); p++) {
        add(sum.get(p)[0], groups[g].gradients.get(p)[0]);
      }
    }
    adam.update(sum, RATE * Math.min(1, (adam.updates() + 1.0) / WARM_UP) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress))));
    return Arrays.stream(groups).mapToDouble(g -> g.loss).average().orElseThrow();
  }

  private void begin() {
    var random = new SplittableRandom(options.seed() + adam.updates());
    var states = form.outputs().stream().map(o -> o.normalisation()).toList();
    chunks = new Chunks(data, sites, states, form.network().window(), WINDOWS, random.nextLong());
    groups = new Group[GROUPS];
    Arrays.setAll(groups, g -> new Group(random.split()));
  }

  private static void add(float[] to, float[] from) {
    for (int j = 0; j < to.length; j++) {
      to[j] += from[j];
    }
  }

  private void pass(Group g) {
    int channels = form.channels().size();
    int outputs = form.outputs().size();
    for (int p = 0; p < PIECES; p++) {
      chunks.draw(g.random, g.seen, p * chunks.rows() * channels, g.wanted, p * WINDOWS * outputs);
    }
    float[] counts = new float[outputs];
    Arrays.fill(counts, OTHERS);
    counts[0] = 1;
    try (var _ = new PointerScope()) {
      Tensor off = torch.predict(Tensor.create(g.seen, PIECES, chunks.rows(), channels))
          .sub(Tensor.create(g.wanted, (long) PIECES * WINDOWS, outputs));
      Tensor squares = off.mul(off);
      Tensor loss = squares.mul(Tensor.create(counts, outputs)).sum().mul(new Scalar(1f / (GROUPS * PIECES * WINDOWS)));
      g.loss = squares.select(1, 0).mean().item_float();
      var trained = new TensorVector();
      torch.weights().subList(first, present.size()).forEach(trained::push_back);
      TensorVector gradients = grad(new TensorVector(loss), trained);
      for (int p = first; p < present.size(); p++) {
        gradients.get(p - first).contiguous().data_ptr_float().get(g.gradients.get(p)[0]);
      }
    }
  }

  @Override
  public Surrogate surrogate(Optional<SpikeRule> spikes, Provenance provenance) {
    return WindowSurrogate.with(form, torch.layers(present), spikes, provenance);
  }

  @Override
  public String batch() {
    return GROUPS * PIECES * WINDOWS + " windows";
  }

  @Override
  public Weights weights() {
    return weights;
  }
}
