package io.galvani.training.torch;

import io.galvani.InputException;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.Surrogates;
import io.galvani.training.Protocol;
import io.galvani.training.StreamingHeads;
import io.galvani.training.StreamingLoss;
import io.galvani.training.StreamingSurrogate;
import io.galvani.training.Streams;
import io.galvani.training.Traces;
import io.galvani.training.Training;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** A {@link Stateful} network in training: truncated back-propagation through time along {@link Streams}, as a streaming network's. */
final class StatefulLearner extends TorchLearner {
  private static final int GROUPS = 2;
  private static final int STREAMS = 64;
  private static final int ROWS = 128;
  private static final double RATE = 5e-3;
  /** Weight of the spike score's cross-entropy. */
  private static final double SPIKES = 5;

  private final StreamingLoss loss;
  private final Group[] groups = new Group[GROUPS];

  /** Some streams with what they need. */
  private final class Group {
    final Streams streams;
    final List<float[][]> state = new ArrayList<>();   // of each LSTM h and c, [stream][unit]
    final float[] seen = new float[STREAMS * seenRows() * form.channels().size()];
    final float[][][] predicted = new float[ROWS][form.outputs().size()][STREAMS];
    final float[][][] gradients = new float[ROWS][form.outputs().size()][STREAMS];

    Group(SplittableRandom random) {
      streams = new Streams(traces, STREAMS, ROWS, random);
      for (Layer layer : form.network().layers()) {
        if (layer instanceof Layer.LSTM l) {
          state.add(new float[2][STREAMS * l.units()]);
        }
      }
    }

    void restart(int stream) {
      for (float[][] lstm : state) {
        for (float[] of : lstm) {
          int units = of.length / STREAMS;
          Arrays.fill(of, stream * units, (stream + 1) * units, 0);
        }
      }
    }
  }

  private StatefulLearner(Surrogate form, StreamingHeads heads, Protocol protocol, List<Traces> data, Training.Options options) {
    super(form, data, options, GROUPS, RATE);
    loss = new StreamingLoss(heads, SPIKES);
    Streams.require(protocol, data, ROWS);
  }

  static StatefulLearner begin(Stateful kind, Protocol protocol, List<Traces> data, Training.Options options) {
    Libtorch.load();
    var asked = StreamingHeads.of(protocol, data);
    var cell = protocol.compile();
    var sites = protocol.sites(cell);
    var random = kind.random(sites.size(), asked.size(), options.seed());
    var from = options.from().map(f -> {
      var s = Surrogates.load(f);
      if (!WindowSurrogate.shapes(s.network()).equals(WindowSurrogate.shapes(random)) || s.sample() != protocol.sample()
          || !StreamingSurrogate.probes(s.outputs()).equals(StreamingSurrogate.probes(asked.outputs()))) {
        throw new InputException(f, null, "is no " + kind + " of " + sites.size() + " channels, " + asked.size() + " outputs and samples of "
            + protocol.sample() + " ms", "Name a surrogate that was trained as such, under a protocol with the same inputs and outputs");
      }
      return s;
    });
    var heads = from.map(s -> asked.as(s.outputs())).orElse(asked);
    Network network = from.map(Surrogate::network).orElse(random);
    var form = StreamingSurrogate.of(network, heads, protocol, cell, Optional.empty(), "An LSTM behind a convolution over the last "
        + Stateful.TAPS + " samples of the events; heads for the voltage and, as a logit, for a spike. Nothing is fed back.",
        Provenance.UNKNOWN);
    return new StatefulLearner(form, heads, protocol, data, options);
  }

  // What the first row sees begins a window before the second.
  private static int seenRows() {
    return Stateful.TAPS - 1 + ROWS;
  }

  @Override
  public String identity() {
    return WindowSurrogate.shapes(form.network()).toString();
  }

  @Override
  void begin(SplittableRandom random) {
    Arrays.setAll(groups, g -> new Group(random.split()));
  }

  @Override
  double pass(int group, List<float[][]> gradients) {
    var g = groups[group];
    int channels = form.channels().size();
    int outputs = form.outputs().size();
    g.streams.next(g::restart);
    for (int s = 0; s < STREAMS; s++) {
      g.streams.events(s, Stateful.TAPS - 1, g.seen, s * seenRows() * channels);
    }
    try (var _ = new PointerScope()) {
      Tensor said = torch.goOn(Tensor.create(g.seen, STREAMS, seenRows(), channels), g.state).transpose(1, 2).contiguous();
      float[] numbers = TorchNetwork.values(said.detach());
      for (int t = 0; t < ROWS; t++) {
        for (int o = 0; o < outputs; o++) {
          System.arraycopy(numbers, (t * outputs + o) * STREAMS, g.predicted[t][o], 0, STREAMS);
        }
      }
      double shown = loss.gradients(g.streams, GROUPS, g.predicted, g.gradients);
      for (int t = 0; t < ROWS; t++) {
        for (int o = 0; o < outputs; o++) {
          System.arraycopy(g.gradients[t][o], 0, numbers, (t * outputs + o) * STREAMS, STREAMS);
        }
      }
      differentiate(said, Optional.of(Tensor.create(numbers, ROWS, outputs, STREAMS)), gradients);
      return shown;
    }
  }

  @Override
  public String batch() {
    return GROUPS * STREAMS + " streams of " + ROWS + " samples";
  }
}
