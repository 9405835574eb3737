package io.galvani.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.galvani.InputException;
import io.galvani.Location;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserException;

/** A mapping of a YAML or JSON file, read strictly: each fault names its line. Nothing but text, numbers, lists and mappings. */
public final class YamlMap {
  private static final int MAX_SIZE = 1 << 20;
  private static final int MAX_DEPTH = 20;
  private static final Pattern NUMBER = Pattern.compile("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?");

  private final String source;
  private final int line;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Integer> lines = new HashMap<>();

  private YamlMap(String source, int line) {
    this.source = source;
    this.line = line;
  }

  private YamlMap(String source, Node node, String what) {
    this(source, line(node));
    if (node instanceof ScalarNode s && s.getTag().equals(Tag.NULL)) {
      return; // a key with nothing after it
    }
    if (!(node instanceof MappingNode mapping)) {
      throw fault(node, what + " is not a mapping", "Write key: value");
    }
    for (var entry : mapping.getValue()) {
      if (!(entry.getKeyNode() instanceof ScalarNode key)) {
        throw fault(entry.getKeyNode(), "a key that is not a word", null);
      }
      lines.put(key.getValue(), line(key));
      if (values.put(key.getValue(), entry.getValueNode()) != null) {
        throw fault(key, "'" + key.getValue() + "' is here twice", "Remove one");
      }
    }
  }

  /** The mapping that a file is; at most 1 MiB. */
  public static YamlMap read(String source, Reader text) {
    var options = new LoaderOptions();
    options.setCodePointLimit(MAX_SIZE);
    options.setNestingDepthLimit(MAX_DEPTH);
    options.setMaxAliasesForCollections(0);
    try {
      return of(source, new Yaml(new SafeConstructor(options)).compose(text));
    } catch (MarkedYAMLException e) {
      var mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
      throw InputException.at(source, mark == null ? 1 : mark.getLine() + 1, "is not YAML: " + e.getProblem(),
          e instanceof ParserException ? "Names with brackets need quotes inside { } and [ ]" : null);
    } catch (YAMLException e) {
      throw new InputException(source, null, "is not YAML: " + e.getMessage().lines().findFirst().orElse(""), null);
    }
  }

  /**
   * The mapping that a JSON file is; at most 1 MiB.
   *
   * @throws IOException if the text cannot be read
   */
  public static YamlMap readJson(String source, Reader text) throws IOException {
    try {
      return of(source, JsonNodes.read(text, MAX_SIZE, MAX_DEPTH));
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw InputException.at(source, line, "is not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""), null);
    }
  }

  /** As {@link #readJson(String, Reader)}, of a text. */
  public static YamlMap readJson(String source, String text) {
    try {
      return readJson(source, new StringReader(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a text can be read
    }
  }

  private static YamlMap of(String source, Node root) {
    if (root == null) {
      throw new InputException(source, null, "is empty", null);
    }
    return new YamlMap(source, root, "the file");
  }

  /** Its keys, in the order of the file. */
  public Set<String> keys() {
    return values.keySet();
  }

  /** Whether a key is there, with a value or without. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** Where the mapping begins. */
  public Origin origin() {
    return new Origin(source, Integer.toString(line));
  }

  /** Where a key stands. */
  public Origin origin(String key) {
    require(key);
    return new Origin(source, Integer.toString(lines.get(key)));
  }

  /** Refuses all other keys. */
  public YamlMap only(List<String> known) {
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        throw origin(key).unknown("key", key, known);
      }
    }
    return this;
  }

  /** The mapping under a key; empty if there is none. */
  public YamlMap map(String key) {
    return !has(key) ? new YamlMap(source, line) : new YamlMap(source, values.get(key), "'" + key + "'");
  }

  /** Whether a mapping stands under a key. */
  public boolean isMap(String key) {
    return values.get(key) instanceof MappingNode;
  }

  /** A word, or a text in quotes. */
  public String text(String key) {
    return text(require(key), key);
  }

  private String text(Node node, String what) {
    if (node instanceof ScalarNode s && !s.getValue().isBlank()) {
      return s.getValue();
    }
    throw fault(node, "'" + what + "' is not a word", null);
  }

  /** A list of words; a single word is a list of one. */
  public List<String> texts(String key) {
    Node node = require(key);
    return node instanceof SequenceNode list ? list.getValue().stream().map(n -> text(n, key)).toList()
        : List.of(text(node, key));
  }

  /** A place on a cell, {@code section(x)}. */
  public Location location(String key) {
    try {
      return Location.parse(text(key));
    } catch (InputException e) {
      throw fault(values.get(key), e.getMessage(), null);
    }
  }

  /** A number; {@code unit} names its unit in errors. */
  public double number(String key, String unit) {
    return number(require(key), key, unit);
  }

  /** A number, or another one if the key is not there. */
  public double number(String key, String unit, double otherwise) {
    return has(key) ? number(key, unit) : otherwise;
  }

  private double number(Node node, String what, String unit) {
    String in = unit.isEmpty() ? "" : " in " + unit;
    if (node instanceof ScalarNode s) {
      if (s.getScalarStyle() == ScalarStyle.PLAIN && NUMBER.matcher(s.getValue()).matches()) {
        return Double.parseDouble(s.getValue());
      }
      throw fault(node, what + ": '" + s.getValue() + "' is not a number" + in, "Write the number alone" + in);
    }
    throw fault(node, what + " is not a number" + in, "Write the number alone" + in);
  }

  /** A whole number. */
  public int whole(String key) {
    double n = number(key, "");
    if (n != Math.rint(n) || Math.abs(n) > Integer.MAX_VALUE) {
      throw origin(key).fault(key + " = " + n + " is not a whole number", null);
    }
    return (int) n;
  }

  /** True or false. */
  public boolean truth(String key) {
    return switch (text(key)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw fault(values.get(key), key + ": '" + text(key) + "' is neither true nor false", null);
    };
  }

  /** A list of mappings. */
  public List<YamlMap> maps(String key) {
    if (require(key) instanceof SequenceNode list) {
      return list.getValue().stream().map(n -> new YamlMap(source, n, "an element of '" + key + "'")).toList();
    }
    throw fault(values.get(key), "'" + key + "' is not a list", "Begin each element with a dash");
  }

  /** A list of pairs of numbers: [0][i] the first, [1][i] the second of pair i. */
  public double[][] pairs(String key, String unit1, String unit2) {
    if (!(require(key) instanceof SequenceNode list) || list.getValue().isEmpty()) {
      throw fault(values.get(key), "'" + key + "' is not a list of pairs", "Write [[0, 1], [100, 2]]");
    }
    double[][] pairs = new double[2][list.getValue().size()];
    for (int i = 0; i < pairs[0].length; i++) {
      if (!(list.getValue().get(i) instanceof SequenceNode pair) || pair.getValue().size() != 2) {
        throw fault(list.getValue().get(i), "'" + key + "' holds something that is not a pair", "Write [[0, 1], [100, 2]]");
      }
      pairs[0][i] = number(pair.getValue().get(0), key, unit1);
      pairs[1][i] = number(pair.getValue().get(1), key, unit2);
    }
    return pairs;
  }

  private Node require(String key) {
    Node node = values.get(key);
    if (node == null) {
      throw InputException.at(source, line, "'" + key + "' is missing", null);
    }
    return node;
  }

  private InputException fault(Node at, String fault, String remedy) {
    return InputException.at(source, line(at), fault, remedy);
  }

  private static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }
}
