package io.galvani.cell;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Cells by name: those that come with Galvani, and files. */
public final class Cells {
  private static final List<String> SHIPPED = List.of("hh", "ball", "l5pc");

  private Cells() {}

  /** Names of the cells that come with Galvani. */
  public static List<String> names() {
    return SHIPPED;
  }

  /**
   * A cell ready to be integrated.
   *
   * @param nameOrPath one of {@link #names}, a cell file ({@code .yaml}) or a compartment table ({@code .csv}, {@code .csv.gz})
   * @throws InputException if there is no such cell, or its file has a fault
   */
  public static CompiledCell load(String nameOrPath) {
    Optional<CellModel> model = model(nameOrPath);
    if (model.isPresent()) {
      return model.get().compile();
    }
    Path path = path(nameOrPath);
    String file = path.toString();
    if (file.endsWith(".csv") || file.endsWith(".csv.gz")) {
      return CompartmentTable.read(path, CompartmentTable.Options.NONE);
    }
    if (!file.contains(".")) {
      throw InputException.unknown("cell", null, "cell", file, SHIPPED);
    }
    throw new InputException("cell", file, file.endsWith(".swc") ? "a morphology has no membrane" : "is not known",
        "Give one of " + String.join(", ", SHIPPED) + ", a cell file (.yaml) or a compartment table (.csv, .csv.gz)");
  }

  /**
   * The description of a cell; empty for what has none, such as a compartment table.
   *
   * @param nameOrPath as {@link #load} has it
   * @throws InputException if its file has a fault
   */
  public static Optional<CellModel> model(String nameOrPath) {
    if (SHIPPED.contains(nameOrPath)) {
      return Optional.of(shipped(nameOrPath));
    }
    Path path = path(nameOrPath);
    return path.toString().matches(".*\\.ya?ml") ? Optional.of(CellFile.read(path)) : Optional.empty();
  }

  private static Path path(String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw new InputException("cell", null, "not a path: " + e.getReason(), null);
    }
  }

  /** Description of a cell that comes with Galvani; see {@link #names}. */
  public static CellModel shipped(String name) {
    if (!SHIPPED.contains(name)) {
      throw InputException.unknown("cell", null, "cell", name, SHIPPED);
    }
    try (var text = new InputStreamReader(resource(name + ".yaml"), StandardCharsets.UTF_8)) {
      return CellFile.read(name + ".yaml", name, text, Cells::resource);
    } catch (IOException e) {
      throw new GalvaniException(name + ".yaml is not in the jar", e);
    }
  }

  private static InputStream resource(String name) throws IOException {
    var in = Cells.class.getResourceAsStream("/io/galvani/cells/" + name);
    if (in == null) {
      throw new FileNotFoundException(name);
    }
    return in;
  }
}
