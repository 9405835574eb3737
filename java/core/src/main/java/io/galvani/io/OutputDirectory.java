package io.galvani.io;

import io.galvani.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;

/**
 * A directory of results that exists whole or not at all: files are written to a sibling {@code NAME.partial}, which
 * {@link #commit} moves into place. Closed without that it is removed, also when the process is interrupted, unless
 * {@link #keepPartial} was asked for.
 */
public final class OutputDirectory implements AutoCloseable {
  /** Written into every directory of results; marks one that may be replaced. */
  public static final String RUN_FILE = "run.json";

  private final Path target;
  private final Path partial;
  private final Thread onInterrupt;
  private volatile boolean keep;
  private volatile boolean done;

  private OutputDirectory(Path target, Path partial) {
    this.target = target;
    this.partial = partial;
    onInterrupt = new Thread(this::discard);
    Runtime.getRuntime().addShutdownHook(onInterrupt);
  }

  /**
   * Begins a directory of results.
   *
   * @param replace whether results of an earlier run, or the rest of one that was killed, may be replaced
   * @throws InputException if something is there that may not be replaced
   */
  public static OutputDirectory create(Path directory, boolean replace) throws IOException {
    Path target = directory.toAbsolutePath().normalize();
    Path partial = partialOf(target);
    checkTarget(directory, target, replace);
    if (Files.exists(partial)) {
      if (!replace) {
        throw new InputException(partial.toString(), null, "is there: a run is writing it, or one was killed",
            "Resume that run from its checkpoint, or replace it with --force");
      }
      delete(partial);
    }
    Files.createDirectories(partial);
    return new OutputDirectory(target, partial);
  }

  /**
   * Goes on with a directory that {@link #keepPartial} left behind.
   *
   * @throws InputException if there is none
   */
  public static OutputDirectory resume(Path directory, boolean replace) throws IOException {
    Path target = directory.toAbsolutePath().normalize();
    checkTarget(directory, target, replace);
    if (!Files.isDirectory(partialOf(target))) {
      throw new InputException(directory.toString(), null, "there is no unfinished run to resume: no "
          + partialOf(target), "Give the --out of the run that wrote the checkpoint");
    }
    var output = new OutputDirectory(target, partialOf(target));
    output.keepPartial();
    return output;
  }

  /** Where a file of that name is written for now. */
  public Path file(String name) {
    return partial.resolve(name);
  }

  /** From now on an unfinished directory stays, to be resumed. */
  public void keepPartial() {
    keep = true;
  }

  /** The results are complete: moves them into place. */
  public void commit() throws IOException {
    Path old = target.resolveSibling(target.getFileName() + ".old");
    boolean replaces = Files.exists(target);
    if (replaces) {
      delete(old);
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    done = true;
    if (replaces) {
      delete(old);
    }
  }

  @Override
  public void close() {
    discard();
    try {
      Runtime.getRuntime().removeShutdownHook(onInterrupt);
    } catch (IllegalStateException e) {
      // the JVM is going down already, and the hook does the same
    }
  }

  private void discard() {
    if (!done && !keep) {
      try {
        delete(partial);
      } catch (IOException | UncheckedIOException e) {
        System.err.println("galvani: " + partial + " could not be removed: " + e.getMessage());
      }
    }
  }

  private static Path partialOf(Path target) {
    if (target.getFileName() == null) {
      throw new InputException(target.toString(), null, "results cannot be written there",
          "Name a directory of its own");
    }
    return target.resolveSibling(target.getFileName() + ".partial");
  }

  private static void checkTarget(Path asNamed, Path target, boolean replace) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    if (!Files.isDirectory(target)) {
      throw new InputException(asNamed.toString(), null, "is a file", "Name a directory for the results");
    }
    boolean empty;
    try (var inside = Files.list(target)) {
      empty = inside.findAny().isEmpty();
    }
    if (empty) {
      return;
    }
    if (!Files.isRegularFile(target.resolve(RUN_FILE))) {
      throw new InputException(asNamed.toString(), null, "is not empty and holds no results of Galvani",
          "Name another directory");
    }
    if (!replace) {
      throw new InputException(asNamed.toString(), null, "holds the results of an earlier run",
          "Name another directory, or replace it with --force");
    }
  }

  private static void delete(Path root) throws IOException {
    if (Files.exists(root)) {
      try (var all = Files.walk(root)) {
        for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(p);
        }
      }
    }
  }
}
