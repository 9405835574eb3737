package io.galvani.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** JSON as the nodes of YAML, each with its line. YAML's own scanner refuses tabs and some escapes that JSON has. */
final class JsonNodes {
  private final JsonParser json;

  private JsonNodes(JsonParser json) {
    this.json = json;
  }

  /** The one value of a text; throws Jackson's exception if it is not that, too long or too deep. */
  static Node read(Reader text, int maxSize, int maxDepth) throws IOException {
    var constraints = StreamReadConstraints.builder().maxDocumentLength(maxSize).maxNestingDepth(maxDepth).build();
    try (var parser = JsonFactory.builder().streamReadConstraints(constraints).build().createParser(text)) {
      if (parser.nextToken() == null) {
        return null;
      }
      Node root = new JsonNodes(parser).value();
      if (parser.nextToken() != null) {
        throw new JsonParseException(parser, "something follows its end");
      }
      return root;
    }
  }

  private Node value() throws IOException {
    Mark mark = mark();
    return switch (json.currentToken()) {
      case START_OBJECT -> {
        var entries = new ArrayList<NodeTuple>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
          var key = scalar(Tag.STR, ScalarStyle.DOUBLE_QUOTED);
          json.nextToken();
          entries.add(new NodeTuple(key, value()));
        }
        yield new MappingNode(Tag.MAP, true, entries, mark, mark, FlowStyle.FLOW);
      }
      case START_ARRAY -> {
        List<Node> elements = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          elements.add(value());
        }
        yield new SequenceNode(Tag.SEQ, true, elements, mark, mark, FlowStyle.FLOW);
      }
      case VALUE_STRING -> scalar(Tag.STR, ScalarStyle.DOUBLE_QUOTED);
      case VALUE_NULL -> scalar(Tag.NULL, ScalarStyle.PLAIN);
      case VALUE_TRUE, VALUE_FALSE -> scalar(Tag.BOOL, ScalarStyle.PLAIN);
      default -> scalar(Tag.FLOAT, ScalarStyle.PLAIN);
    };
  }

  private ScalarNode scalar(Tag tag, ScalarStyle style) throws IOException {
    return new ScalarNode(tag, json.getText(), mark(), mark(), style);
  }

  private Mark mark() {
    var at = json.currentTokenLocation();
    return new Mark("", 0, at.getLineNr() - 1, at.getColumnNr() - 1, new int[0], 0);
  }
}
