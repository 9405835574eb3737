package io.galvani.surrogate;

import io.galvani.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/**
 * A chain of layers: a window of samples in, predictions of the next sample out.
 *
 * <p>The input is [window, channels], oldest sample first. The output is [repeats, outputs]: as many predictions of the same sample, of
 * which the mean counts; a network that ends in [outputs] has one.
 */
public final class Network {
  private static final long MAX_VALUES = 1 << 28;

  private final int window;
  private final int channels;
  private final List<Layer> layers;
  private final List<int[]> shapes = new ArrayList<>();

  private Network(String source, int window, int channels, List<Layer> layers) {
    this.window = window;
    this.channels = channels;
    this.layers = List.copyOf(layers);
    if (window < 1 || channels < 1) {
      throw new InputException(source, null, "an input of " + window + " samples of " + channels + " channels",
          "It takes 1 or more of both");
    }
    if (layers.isEmpty()) {
      throw new InputException(source, null, "a network without layers", null);
    }
    var names = new HashSet<String>();
    int[] shape = {window, channels};
    shapes.add(shape);
    if ((long) window * channels > MAX_VALUES) {
      throw new InputException(source, null, "an input of " + window + " samples of " + channels + " channels",
          "2²⁸ values is the limit");
    }
    for (Layer layer : layers) {
      String place = place(layer.name(), layer.type());
      if (layer.name().isBlank()) {
        throw new InputException(source, place, "has no name", null);
      }
      if (!names.add(layer.name())) {
        throw new InputException(source, place, "a second layer of that name", "Give each its own");
      }
      layer.weights().forEach((weight, tensor) -> {
        long i = tensor.firstNotFinite();
        if (i >= 0) {
          throw new InputException(source, place, weight + "[" + i + "] = " + tensor.at(i) + " is not a finite number", null);
        }
      });
      try {
        shape = layer.outputShape(shape);
      } catch (IllegalArgumentException e) {
        throw new InputException(source, place, e.getMessage(), null);
      } catch (ArithmeticException e) {
        throw tooLarge(source, place, shape);
      }
      if (Arrays.stream(shape).asLongStream().reduce(1, (a, b) -> a * b) > MAX_VALUES) {
        throw tooLarge(source, place, shape);
      }
      shapes.add(shape);
    }
  }

  /**
   * Checks that each layer takes what the one before it makes.
   *
   * @param source file or name, for errors
   * @param window samples of the input, 1 or more
   * @param channels numbers in a sample, 1 or more
   * @throws InputException naming the layer that does not fit
   */
  public static Network of(String source, int window, int channels, List<Layer> layers) {
    return new Network(source, window, channels, layers);
  }

  private static InputException tooLarge(String source, String place, int[] shape) {
    return new InputException(source, place, "makes too much: " + Arrays.toString(shape), "2²⁸ values between two layers is the limit");
  }

  /** How errors name a layer. */
  static String place(String name, String type) {
    return "layer '" + name + "' (" + type + ")";
  }

  /** Samples of the input. */
  public int window() {
    return window;
  }

  /** Numbers in a sample of the input. */
  public int channels() {
    return channels;
  }

  /** The layers, the one that takes the input first. */
  public List<Layer> layers() {
    return layers;
  }

  /** The shape of what layer i takes, [features] or [steps, features]; for i = layers: of what the last one makes. */
  public int[] shape(int i) {
    return shapes.get(i).clone();
  }

  /** Predictions whose mean counts. */
  public int repeats() {
    int[] last = shapes.getLast();
    return last.length == 1 ? 1 : last[0];
  }

  /** Numbers in a prediction. */
  public int outputs() {
    int[] last = shapes.getLast();
    return last[last.length - 1];
  }

  /** Whether a layer keeps numbers from sample to sample: a prediction then depends on more than the window. */
  public boolean isStreaming() {
    return layers.stream().anyMatch(Layer::goesOn);
  }

  /** Number of weights. */
  public long parameters() {
    return layers.stream().flatMap(l -> l.weights().values().stream()).mapToLong(Tensor::size).sum();
  }

  /**
   * Floating-point operations of the matrices for one prediction of one cell if nothing is reused: what a framework computes. A
   * multiplication and an addition are two.
   */
  public long naiveFlops() {
    long n = 0;
    for (int i = 0; i < layers.size(); i++) {
      n += 2 * layers.get(i).multiplications(shapes.get(i));
    }
    return n;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Network n && window == n.window && channels == n.channels && layers.equals(n.layers);
  }

  @Override
  public int hashCode() {
    return layers.hashCode();
  }
}
