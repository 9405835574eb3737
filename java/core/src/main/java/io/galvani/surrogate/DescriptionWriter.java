package io.galvani.surrogate;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.galvani.surrogate.Output.Affine;
import io.galvani.surrogate.Output.Gain;

/** Writes the description that {@link DescriptionReader} reads, as JSON; what is as by default is left out. */
final class DescriptionWriter {
  private DescriptionWriter() {}

  static String write(Surrogate s) {
    var d = JsonNodeFactory.instance.objectNode();
    d.put("format", DescriptionReader.VERSION).put("name", s.name());
    putText(d, "about", s.about());
    d.put("sample", s.sample()).put("window", s.network().window());
    var channels = d.putArray("channels");
    for (Channel c : s.channels()) {
      var to = channels.addObject().put("name", c.name());
      putText(to, "unit", c.unit());
      put(to, c.normalisation());
      if (c.rest() != c.normalisation().restore(0)) {
        to.put("rest", c.rest());
      }
    }
    var outputs = d.putArray("outputs");
    s.outputs().forEach(o -> put(outputs.addObject(), o, s));
    if (!s.slots().isEmpty()) {
      var slots = d.putObject("slots");
      for (SlotInput i : s.slots()) {
        slots.putObject(i.slot().name()).put("at", i.slot().at().toString()).put("kind", i.slot().kind()).put("weight", i.slot().weight())
            .put("channel", s.channels().get(i.channel()).name());
      }
    }
    s.spikes().ifPresent(r -> d.putObject("spikes").put("output", s.outputs().get(r.output()).name()).put("kind", r.kind().toString())
        .put("threshold", r.threshold()).put("refractory", r.refractory()));
    var layers = d.putArray("layers");
    s.network().layers().forEach(l -> put(layers.addObject(), l));
    if (!s.provenance().equals(Provenance.UNKNOWN)) {
      put(d.putObject("provenance"), s.provenance());
    }
    return d.toPrettyString();
  }

  private static void put(ObjectNode to, Normalisation n) {
    if (n.factor() != 1) {
      to.put("factor", n.factor());
    }
    if (n.clips()) {
      to.put("clip", n.knee());
    } else if (n.knee() < Double.POSITIVE_INFINITY) {
      to.put("knee", n.knee()).put("compression", n.compression());
    }
    if (n.offset() != 0) {
      to.put("offset", n.offset());
    }
    if (n.scale() != 1) {
      to.put("scale", n.scale());
    }
  }

  private static void put(ObjectNode to, Output o, Surrogate s) {
    to.put("name", o.name());
    if (!o.probe().toString().equals("soma(0.5)." + o.name())) {
      to.put("probe", o.probe().toString());
    }
    if (o.channel() == Output.NO_CHANNEL) {
      putText(to, "unit", o.unit());
      put(to, o.normalisation());
    } else {
      to.put("channel", s.channels().get(o.channel()).name());
    }
    put(to, "output_affine", o.outputAffine());
    put(to, "feedback_affine", o.feedbackAffine());
    if (!o.gain().equals(Gain.NONE)) {
      to.putObject("gain").put("limit", o.gain().limit()).put("amplitude", o.gain().amplitude()).put("decay", o.gain().decay());
    }
  }

  private static void put(ObjectNode to, String key, Affine affine) {
    if (!affine.equals(Affine.NONE)) {
      to.putObject(key).put("a", affine.a()).put("b", affine.b());
    }
  }

  private static void put(ObjectNode to, Layer layer) {
    to.put("type", layer.type()).put("name", layer.name());
    switch (layer) {
      case Layer.Conv1D l -> to.put("dilation_rate", l.dilation()).put("activation", l.activation().toString());
      case Layer.BatchNormalization l -> to.put("epsilon", l.epsilon());
      case Layer.Flatten l -> { }
      case Layer.RepeatVector l -> to.put("n", l.n());
      case Layer.LSTM l -> {
        to.put("return_sequences", l.returnSequences());
        if (l.stateful()) {
          to.put("stateful", true);
        }
      }
      case Layer.Dense l -> to.put("activation", l.activation().toString());
      case Layer.TimeDistributed l -> put(to.putObject("layer"), l.layer());
      case Layer.Dropout l -> to.put("rate", l.rate());
      case Layer.Newest l -> { }
      case Layer.Traces l -> { }
      case Layer.ELM l -> { }
    }
  }

  private static void put(ObjectNode to, Provenance p) {
    putText(to, "cell", p.cell());
    putText(to, "training", p.training());
    putText(to, "version", p.version());
    if (!p.scores().isEmpty()) {
      p.scores().forEach(to.putObject("scores")::put);
    }
  }

  private static void putText(ObjectNode to, String key, String text) {
    if (!text.isBlank()) {
      to.put(key, text);
    }
  }
}
