package io.galvani.io;

import io.galvani.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Writes a file that is the old one or the new one, and never a part of it, whenever the process is killed. */
public final class AtomicFile {
  private AtomicFile() {}

  /**
   * Writes the parts one after another, replacing what the file held.
   *
   * @throws InputException if what has that name is no file, or is to be in no directory
   */
  public static void write(Path file, List<ByteBuffer> parts) throws IOException {
    Path target = file.toAbsolutePath();
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw new InputException(file.toString(), null, Files.isDirectory(target) ? "is a directory" : "is not a file",
          "Name a file to write");
    }
    if (!Files.isDirectory(target.getParent())) {
      throw new InputException(file.toString(), null, "there is no directory " + target.getParent(), "Make it first");
    }
    Path fresh = target.resolveSibling("." + target.getFileName() + ".new");
    try {
      try (var out = FileChannel.open(fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
          StandardOpenOption.TRUNCATE_EXISTING)) {
        for (ByteBuffer part : parts) {
          while (part.hasRemaining()) {
            out.write(part);
          }
        }
        out.force(true);
      }
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
    // The rename itself has to reach the disk.
    try (var directory = FileChannel.open(target.getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }
}
