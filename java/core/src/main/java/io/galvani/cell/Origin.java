package io.galvani.cell;

import io.galvani.InputException;
import java.util.Collection;

/**
 * Where a statement about a cell was made, for errors.
 *
 * @param source file or name of the cell
 * @param place line in it, or {@code null}
 */
record Origin(String source, String place) {
  InputException fault(String fault, String remedy) {
    return new InputException(source, place, fault, remedy);
  }

  InputException unknown(String what, String name, Collection<String> known) {
    return InputException.unknown(source, place, what, name, known);
  }
}
