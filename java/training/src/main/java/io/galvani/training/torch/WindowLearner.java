package io.galvani.training.torch;

import io.galvani.InputException;
import io.galvani.surrogate.Channel;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.Surrogates;
import io.galvani.training.Learner;
import io.galvani.training.Protocol;
import io.galvani.training.Traces;
import io.galvani.training.Training;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * A network over a window in training: one-step predictions, from the true past with noise and from the network's own.
 *
 * <p>Loss: mean square error of the outputs in the network's numbers, the voltage counting most.
 */
final class WindowLearner extends TorchLearner {
  private static final int GROUPS = 2;
  /** Pieces of a group, and windows of a piece. */
  private static final int PIECES = 16;
  private static final int WINDOWS = 16;
  private static final double RATE = 1e-3;
  /** How much outputs beside the voltage count. */
  private static final float OTHERS = 0.1f;
  /** Updates before the first run of its own, and from one to the next. */
  private static final int ALONE = 400;
  private static final int RENEWED = 100;

  private final List<Protocol.Site> sites;
  private Chunks chunks;
  private Group[] groups;
  private boolean renewed;

  /** Some pieces with what they need. */
  private final class Group {
    final SplittableRandom random;
    final float[] seen = new float[PIECES * chunks.rows() * form.channels().size()];
    final float[] wanted = new float[PIECES * WINDOWS * form.outputs().size()];

    Group(SplittableRandom random) {
      this.random = random;
    }
  }

  private WindowLearner(Surrogate form, Protocol protocol, List<Traces> data, Training.Options options) {
    super(form, data, options, GROUPS, RATE);
    sites = protocol.sites(protocol.compile());
    int rows = form.network().window() + WINDOWS;
    if (data.getFirst().rows() < rows) {
      throw new InputException(protocol.name(), "runs.training.ms", data.getFirst().rows() + " samples are less than a window and what it"
          + " is trained on", "Let runs have " + rows + " samples or more");
    }
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
  void prepare(long updates) {
    if (updates >= ALONE && (updates % RENEWED == 0 || !renewed)) {
      renewed = true;
      chunks.renew(surrogate(Optional.empty(), Provenance.UNKNOWN), options.device(), options.threads());
    }
  }

  @Override
  void begin(SplittableRandom random) {
    var states = form.outputs().stream().map(o -> o.normalisation()).toList();
    chunks = new Chunks(traces, sites, states, form.network().window(), WINDOWS, random.nextLong());
    groups = new Group[GROUPS];
    Arrays.setAll(groups, g -> new Group(random.split()));
  }

  @Override
  double pass(int group, List<float[][]> gradients) {
    var g = groups[group];
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
      differentiate(loss, Optional.empty(), gradients);
      return squares.select(1, 0).mean().item_float();
    }
  }

  @Override
  public String batch() {
    return GROUPS * PIECES * WINDOWS + " windows";
  }
}
