package io.galvani.training;

import io.galvani.InputException;
import io.galvani.cell.CompiledCell;
import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Output;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.SpikeRule;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** From a {@link StreamingNetwork} to the surrogate that a file holds, and back. */
public final class StreamingSurrogate {
  private StreamingSurrogate() {}

  /** The surrogate of a cell under a protocol. */
  static Surrogate of(StreamingNetwork n, StreamingHeads heads, Protocol p, CompiledCell cell, Optional<SpikeRule> spikes, String about,
      Provenance provenance) {
    return of(Network.of(p.name(), 1, n.shape.channels(), layers(n)), heads, p, cell, spikes, about, provenance);
  }

  /** The surrogate of any network that events alone drive: an event of a slot's own weight is 1 to it. */
  public static Surrogate of(Network n, StreamingHeads heads, Protocol p, CompiledCell cell, Optional<SpikeRule> spikes, String about,
      Provenance provenance) {
    var sites = p.sites(cell);
    return new Surrogate(cell.name(), about, p.sample(), n, SiteChannels.channels(sites), heads.outputs(), SiteChannels.slots(sites, 0),
        spikes, provenance);
  }

  private static List<Layer> layers(StreamingNetwork n) {
    var s = n.shape;
    float[] traceDecay = decays(n, n.traceTau[0]);
    float[] memoryDecay = decays(n, n.memoryTau[0]);
    float[] gain = new float[memoryDecay.length];
    for (int m = 0; m < gain.length; m++) {
      gain[m] = StreamingNetwork.DRIVE * (1 - memoryDecay[m]);
    }
    float[][] head = new float[s.memories()][s.outputs()];
    Rows.transpose(n.head, head);
    return List.of(new Layer.Newest("newest"), new Layer.Dense("sites", tensor(n.sites), row(new float[s.features()]), Activation.LINEAR),
        new Layer.Traces("traces", row(traceDecay)),
        new Layer.ELM("memory", tensor(Arrays.copyOf(n.kernel, s.features())),
            tensor(Arrays.copyOfRange(n.kernel, s.features(), n.kernel.length)), row(n.bias[0]), tensor(n.update),
            row(n.updateBias[0]), row(memoryDecay), row(gain)),
        new Layer.Dense("head", tensor(head), row(n.headBias[0]), Activation.LINEAR));
  }

  private static float[] decays(StreamingNetwork n, float[] lnTau) {
    float[] decay = new float[lnTau.length];
    for (int i = 0; i < decay.length; i++) {
      decay[i] = n.decay(lnTau[i]);
    }
    return decay;
  }

  private static Tensor row(float[] values) {
    return Tensor.of(values.clone(), values.length);
  }

  private static Tensor tensor(float[][] rows) {
    float[] all = new float[rows.length * rows[0].length];
    for (int r = 0; r < rows.length; r++) {
      System.arraycopy(rows[r], 0, all, r * rows[0].length, rows[0].length);
    }
    return Tensor.of(all, rows.length, rows[0].length);
  }

  /**
   * The network of a surrogate, to go on from. Heads that it lacks begin with 0; what it has beyond them is left out.
   *
   * @param file names it in errors
   * @throws InputException if it is not such a network, or not of so many channels
   */
  static StreamingNetwork network(Surrogate surrogate, String file, int channels, StreamingHeads heads, double sample) {
    var layers = surrogate.network().layers();
    var types = layers.stream().map(Layer::type).toList();
    if (!types.equals(List.of("Newest", "Dense", "Traces", "ELM", "Dense")) || surrogate.sample() != sample
        || surrogate.channels().size() != channels) {
      throw new InputException(file, null, "is no streaming network of " + channels + " channels and " + sample + " ms: "
          + String.join(", ", types) + " of " + surrogate.channels().size() + " channels and " + surrogate.sample() + " ms",
          "Name a surrogate that was trained under such a protocol");
    }
    var sites = (Layer.Dense) layers.get(1);
    var traces = (Layer.Traces) layers.get(2);
    var memory = (Layer.ELM) layers.get(3);
    var head = (Layer.Dense) layers.get(4);
    int features = traces.decay().extent(0);
    int outputs = heads.size();
    var shape = new StreamingNetwork.Shape(channels, features, memory.kernel().extent(1), memory.memories(), outputs, sample);
    var n = new StreamingNetwork(shape);
    fill(n.sites, sites.kernel());
    fill(n.traceTau, traces.decay());
    fill(n.memoryTau, memory.decay());
    for (float[] lnTau : Stream.of(n.traceTau, n.memoryTau).map(t -> t[0]).toList()) {
      for (int i = 0; i < lnTau.length; i++) {
        lnTau[i] = (float) Math.log(-sample / Math.log(Math.max(lnTau[i], Float.MIN_NORMAL)));
      }
    }
    fill(Arrays.copyOf(n.kernel, features), memory.kernel());
    fill(Arrays.copyOfRange(n.kernel, features, n.kernel.length), memory.recurrent());
    fill(n.bias, memory.bias());
    fill(n.update, memory.update());
    fill(n.updateBias, memory.updateBias());
    int its = surrogate.outputs().size();
    for (int o = 0; o < outputs; o++) {
      int from = probes(surrogate.outputs()).indexOf(heads.outputs().get(o).probe().toString());
      for (int m = 0; from >= 0 && m < shape.memories(); m++) {
        n.head[o][m] = head.kernel().at((long) m * its + from);
      }
      n.headBias[0][o] = from < 0 ? 0 : head.bias().at(from);
    }
    return n;
  }

  /** Probes of outputs, as text. */
  public static List<String> probes(List<Output> outputs) {
    return outputs.stream().map(o -> o.probe().toString()).toList();
  }

  private static void fill(float[][] rows, Tensor from) {
    for (int r = 0; r < rows.length; r++) {
      for (int j = 0; j < rows[r].length; j++) {
        rows[r][j] = from.at((long) r * rows[r].length + j);
      }
    }
  }
}
