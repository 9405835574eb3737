package io.galvani.validation;

/** Two devices that should agree do not. */
final class Disagreement extends Exception {
  private static final long serialVersionUID = 1;

  Disagreement(String message) {
    super(message);
  }
}
