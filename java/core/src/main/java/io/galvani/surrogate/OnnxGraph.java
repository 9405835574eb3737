package io.galvani.surrogate;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An ONNX model while it is built: constants, and nodes in the order in which they run. A value is known by its name. The numbers of the
 * fields are those of {@code onnx.proto}.
 */
final class OnnxGraph {
  /** Operators as of ONNX 1.12, with the format of a file that came with them; later runtimes read both. */
  private static final int OPERATOR_SET = 17;
  private static final int FORMAT = 8;
  private static final int FLOAT = 1; // TensorProto.DataType
  private static final int INT64 = 7;

  private final Protobuf graph = new Protobuf();
  private final Map<String, Integer> names = new HashMap<>();
  private final Set<String> constants = new HashSet<>();
  private String scope = "";

  OnnxGraph(String name) {
    graph.text(2, name);
  }

  /** Nodes that are added from now on, and their values, belong to a layer. */
  void enter(String layer) {
    scope = layer + "/";
  }

  /** Adds an input of float32 [N, extents], of any N. */
  String input(String name, int... extents) {
    graph.message(11, value(name, extents));
    return name;
  }

  /** Makes a value an output of float32 [N, extents]. */
  void output(String name, String value, int... extents) {
    graph.message(1, new Protobuf().text(1, value).text(2, name).text(3, name).text(4, "Identity"));
    graph.message(12, value(name, extents));
  }

  /** The weights of the layer that is entered; what they are called there says which. */
  String constant(String weight, Tensor tensor, int... shape) {
    return constant(scope + weight, FLOAT, shape.length == 0 ? tensor.shape() : shape, tensor.data().asByteBuffer());
  }

  /** A list of whole numbers. */
  String constant(long... values) {
    return constant(new int[] {values.length}, values);
  }

  /** Whole numbers of that shape. */
  String constant(int[] shape, long... values) {
    var bytes = ByteBuffer.allocate(Long.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return constant(Arrays.toString(shape) + Arrays.toString(values), INT64, shape, bytes);
  }

  private String constant(String name, int type, int[] shape, ByteBuffer data) {
    if (constants.add(name)) {
      var tensor = new Protobuf();
      for (int extent : shape) {
        tensor.whole(1, extent);
      }
      graph.message(5, tensor.whole(2, type).text(8, name).bytes(9, data));
    }
    return name;
  }

  /** Begins a node, which is added when its outputs are asked for. */
  Node node(String operator, String... inputs) {
    return new Node(operator, inputs);
  }

  /** A node of one output and without attributes. */
  String add(String operator, String... inputs) {
    return node(operator, inputs).output();
  }

  /** An operation on values. */
  final class Node {
    private final String operator;
    private final Protobuf node = new Protobuf();

    private Node(String operator, String... inputs) {
      this.operator = operator;
      for (String input : inputs) {
        node.text(1, input);
      }
    }

    /** Sets an attribute that is a number. */
    Node with(String attribute, long value) {
      node.message(5, new Protobuf().text(1, attribute).whole(3, value).whole(20, 2));
      return this;
    }

    /** Sets an attribute that is a list of numbers. */
    Node with(String attribute, long[] values) {
      var message = new Protobuf().text(1, attribute);
      for (long v : values) {
        message.whole(8, v);
      }
      node.message(5, message.whole(20, 7));
      return this;
    }

    /** Sets an attribute that is a float. */
    Node with(String attribute, float value) {
      node.message(5, new Protobuf().text(1, attribute).number(2, value).whole(20, 1));
      return this;
    }

    /** Adds it; the name of its output. */
    String output() {
      return outputs(1).getFirst();
    }

    /** Adds it; the names of its first n outputs. */
    List<String> outputs(int n) {
      String name = scope + operator;
      int earlier = names.merge(name, 1, Integer::sum) - 1;
      name += earlier == 0 ? "" : "_" + earlier;
      var outputs = new ArrayList<String>();
      for (int i = 0; i < n; i++) {
        outputs.add(n == 1 ? name : name + "." + i);
        node.text(2, outputs.get(i));
      }
      graph.message(1, node.text(3, name).text(4, operator));
      return outputs;
    }
  }

  /**
   * The model with this graph.
   *
   * @param about what the graph is, for who looks into it
   * @param description of the surrogate, for the metadata
   */
  Protobuf model(String about, String description) {
    return new Protobuf().whole(1, FORMAT).text(2, "galvani").text(6, about).message(7, graph)
        .message(8, new Protobuf().whole(2, OPERATOR_SET))
        .message(14, new Protobuf().text(1, SurrogateFile.DESCRIPTION).text(2, description));
  }

  private static Protobuf value(String name, int[] extents) {
    var shape = new Protobuf().message(1, new Protobuf().text(2, "N"));
    for (int extent : extents) {
      shape.message(1, new Protobuf().whole(1, extent));
    }
    var type = new Protobuf().message(1, new Protobuf().whole(1, FLOAT).message(2, shape));
    return new Protobuf().text(1, name).message(2, type);
  }
}
