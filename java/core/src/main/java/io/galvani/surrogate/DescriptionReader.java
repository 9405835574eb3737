package io.galvani.surrogate;

import io.galvani.InputException;
import io.galvani.Probe;
import io.galvani.Slot;
import io.galvani.io.Origin;
import io.galvani.io.YamlMap;
import io.galvani.surrogate.Output.Affine;
import io.galvani.surrogate.Output.Gain;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Reads the description of a surrogate, in YAML or JSON. The format is described, with an example, in
 * {@code io/galvani/surrogate/README.md} among the resources.
 */
final class DescriptionReader {
  static final int VERSION = 1;
  private static final List<String> KEYS = List.of("format", "name", "about", "sample", "window", "channels", "outputs", "slots", "spikes",
      "layers", "provenance");
  private static final List<String> NORMALISATION = List.of("factor", "knee", "compression", "clip", "offset", "scale");

  private final YamlMap file;
  private final List<Channel> channels = new ArrayList<>();

  private DescriptionReader(YamlMap file) {
    this.file = file.only(KEYS);
    if (file.has("format") && file.whole("format") != VERSION) {
      throw file.origin("format").fault("format " + file.whole("format") + " is not known", "This version of Galvani reads " + VERSION);
    }
  }

  /** A surrogate whose layers are described too; {@code weightFile} names the weights in errors. */
  static Surrogate read(String name, YamlMap file, String weightFile, Weights weights) {
    var reader = new DescriptionReader(file);
    int channels = file.maps("channels").size();
    var layers = LayerReader.read(file.maps("layers"), weights);
    return reader.read(name, Network.of(weightFile, file.whole("window"), channels, layers));
  }

  /** A surrogate around a network that is described elsewhere. */
  static Surrogate read(String name, YamlMap file, Network network) {
    var reader = new DescriptionReader(file);
    if (file.has("layers")) {
      throw file.origin("layers").fault("the layers are described in the file of the weights", "Leave them out here");
    }
    if (file.has("window") && file.whole("window") != network.window()) {
      throw file.origin("window").fault("window = " + file.whole("window") + ", and the network takes " + network.window(), null);
    }
    return reader.read(name, network);
  }

  private Surrogate read(String name, Network network) {
    readChannels(network);
    var outputs = file.has("outputs") ? file.maps("outputs").stream().map(this::output).toList()
        : Surrogate.fedBack(channels, network.outputs());
    var slots = slots();
    var spikes = file.has("spikes") ? Optional.of(spikes(file.map("spikes"), outputs)) : Optional.<SpikeRule>empty();
    return checked(file.origin(), () -> new Surrogate(file.has("name") ? file.text("name") : name, text(file, "about"),
        file.number("sample", "ms", 1), network, channels, outputs, slots, spikes, provenance(file.map("provenance"))));
  }

  private void readChannels(Network network) {
    if (!file.has("channels")) {
      channels.addAll(Surrogate.of("", network).channels());
      return;
    }
    for (YamlMap c : file.maps("channels")) {
      c.only(with(NORMALISATION, "name", "unit", "rest"));
      var n = normalisation(c);
      channels.add(checked(c.origin(), () -> new Channel(c.text("name"), text(c, "unit"), n, c.number("rest", text(c, "unit"), n.restore(0)))));
    }
  }

  private static Normalisation normalisation(YamlMap c) {
    boolean clips = c.has("clip");
    if (clips && (c.has("knee") || c.has("compression"))) {
      throw c.origin("clip").fault("'clip' stands beside 'knee' or 'compression'", "Clipping is compression without limit: give one");
    }
    if (c.has("knee") != c.has("compression")) {
      throw c.origin(c.has("knee") ? "knee" : "compression").fault("'knee' and 'compression' need each other", null);
    }
    return checked(c.origin(), () -> new Normalisation(c.number("factor", "", 1),
        c.has("knee") || clips ? c.number(clips ? "clip" : "knee", "") : Double.POSITIVE_INFINITY,
        clips ? Double.POSITIVE_INFINITY : c.number("compression", "", 1), c.number("offset", "", 0), c.number("scale", "", 1)));
  }

  private Output output(YamlMap o) {
    Affine first = affine(o, "output_affine");
    Affine second = affine(o, "feedback_affine");
    Gain gain = Gain.NONE;
    if (o.has("gain")) {
      var g = o.map("gain").only(List.of("limit", "amplitude", "decay"));
      gain = checked(o.origin("gain"), () -> new Gain(g.number("limit", ""), g.number("amplitude", ""), g.number("decay", "")));
    }
    if (!o.has("channel")) {
      o.only(with(NORMALISATION, "name", "probe", "unit", "output_affine", "gain"));
      return new Output(o.text("name"), probe(o, o.text("name")), text(o, "unit"), normalisation(o), Output.NO_CHANNEL, first, second, gain);
    }
    o.only(List.of("name", "probe", "channel", "output_affine", "feedback_affine", "gain"));
    int fed = channel(o);
    var c = channels.get(fed);
    String name = o.has("name") ? o.text("name") : c.name();
    return new Output(name, probe(o, name), c.unit(), c.normalisation(), fed, first, second, gain);
  }

  private static Probe probe(YamlMap o, String name) {
    try {
      return Probe.parse(o.has("probe") ? o.text("probe") : "soma(0.5)." + name);
    } catch (InputException e) {
      throw o.origin("probe").fault(e.getMessage(), null);
    }
  }

  private static Affine affine(YamlMap o, String key) {
    if (!o.has(key)) {
      return Affine.NONE;
    }
    var m = o.map(key).only(List.of("a", "b"));
    return checked(o.origin(key), () -> new Affine(m.number("a", "", 1), m.number("b", "", 0)));
  }

  private List<SlotInput> slots() {
    var all = new ArrayList<SlotInput>();
    var slots = file.map("slots");
    for (String name : slots.keys()) {
      var s = slots.map(name).only(List.of("at", "kind", "weight", "channel"));
      double weight = s.number("weight", "uS");
      if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
        throw s.origin("weight").fault("weight " + weight + " is not 0 or more", null);
      }
      all.add(new SlotInput(new Slot(all.size(), name, s.location("at"), s.text("kind"), weight), channel(s)));
    }
    return all;
  }

  /** The index of the channel that is named under {@code channel}. */
  private int channel(YamlMap m) {
    return index(m.origin("channel"), "channel", m.text("channel"), channels.stream().map(Channel::name).toList());
  }

  private static SpikeRule spikes(YamlMap s, List<Output> outputs) {
    s.only(List.of("output", "kind", "threshold", "refractory"));
    int output = index(s.origin("output"), "output", s.text("output"), outputs.stream().map(Output::name).toList());
    var kind = s.has("kind") ? SpikeRule.Kind.values()[index(s.origin("kind"), "kind of spike", s.text("kind"), SpikeRule.Kind.NAMES)]
        : SpikeRule.Kind.CROSSING;
    return checked(s.origin(), () -> new SpikeRule(output, kind, s.number("threshold", outputs.get(output).unit()),
        s.number("refractory", "ms", 0)));
  }

  private static Provenance provenance(YamlMap p) {
    p.only(List.of("cell", "training", "version", "scores"));
    var scores = new LinkedHashMap<String, Double>();
    var given = p.map("scores");
    given.keys().forEach(s -> scores.put(s, given.number(s, "")));
    return new Provenance(text(p, "cell"), text(p, "training"), text(p, "version"), scores);
  }

  private static int index(Origin origin, String what, String name, List<String> known) {
    int i = known.indexOf(name);
    if (i < 0) {
      throw origin.unknown(what, name, known);
    }
    return i;
  }

  private static String text(YamlMap m, String key) {
    return m.has(key) ? m.text(key) : "";
  }

  private static List<String> with(List<String> keys, String... more) {
    var all = new ArrayList<>(List.of(more));
    all.addAll(keys);
    return all;
  }

  /** What the maker makes; what it refuses is a fault at the origin. */
  private static <T> T checked(Origin origin, Supplier<T> maker) {
    try {
      return maker.get();
    } catch (IllegalArgumentException e) {
      throw new InputException(origin.source(), origin.place(), e.getMessage(), null);
    }
  }
}
