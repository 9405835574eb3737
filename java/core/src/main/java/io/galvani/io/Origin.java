package io.galvani.io;

import io.galvani.InputException;
import java.util.Collection;

/**
 * Where something was said, for errors.
 *
 * @param source file, or name of what was described
 * @param place line in it, or {@code null}
 */
public record Origin(String source, String place) {
  /** A fault there; {@code remedy} is one sentence of what to do, or {@code null}. */
  public InputException fault(String fault, String remedy) {
    return new InputException(source, place, fault, remedy);
  }

  /** An unknown name there, with the nearest of the known ones suggested. */
  public InputException unknown(String what, String name, Collection<String> known) {
    return InputException.unknown(source, place, what, name, known);
  }
}
