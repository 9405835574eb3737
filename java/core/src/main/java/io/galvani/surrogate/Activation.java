package io.galvani.surrogate;

import java.util.Arrays;
import java.util.List;

/** What a layer does to its sums. */
public enum Activation {
  /** x */
  LINEAR,
  /** max(0, x) */
  RELU,
  /** tanh x */
  TANH,
  /** 1 / (1 + exp(−x)) */
  SIGMOID,
  /** λ x above 0, λ α (exp(x) − 1) below, with λ = 1.0507009873554805 and α = 1.6732632423543772 */
  SELU;

  /** All names, as Keras spells them. */
  static final List<String> NAMES = Arrays.stream(values()).map(Activation::toString).toList();

  /** The name that Keras has for it. */
  @Override
  public String toString() {
    return name().toLowerCase();
  }
}
