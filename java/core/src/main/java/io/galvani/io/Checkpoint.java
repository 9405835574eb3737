package io.galvani.io;

import io.galvani.InputException;
import io.galvani.Snapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A population's state in a file. A kill at any moment leaves the old file or the new one.
 *
 * <pre>
 * bytes   0  8 magic "GALVCKPT"      little-endian throughout
 *         8  4 version
 *        12  8 layout                fingerprint of the population
 *        20  8 time, ms              float64
 *        28  8 length of the state
 *        36  n state
 *      36+n  4 CRC32C of all before
 * </pre>
 */
public final class Checkpoint {
  private static final long MAGIC = 0x54504b43564c4147L;
  private static final int VERSION = 1;
  private static final int HEADER = 36;
  private static final int TRAILER = 4;

  private Checkpoint() {}

  /** Writes a snapshot, replacing what the file held. */
  public static void write(Path file, Snapshot snapshot) throws IOException {
    byte[] state = snapshot.state();
    ByteBuffer b = ByteBuffer.allocate(Math.addExact(state.length, HEADER + TRAILER)).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(MAGIC).putInt(VERSION).putLong(snapshot.layout()).putDouble(snapshot.time()).putLong(state.length);
    b.put(state);
    b.putInt(checksum(b)).flip();
    AtomicFile.write(file, List.of(b));
  }

  /**
   * Reads a snapshot.
   *
   * @throws InputException if the file is not a checkpoint, not whole, or damaged
   */
  public static Snapshot read(Path file) {
    ByteBuffer b;
    try {
      b = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
    if (b.limit() < 8 || b.getLong(0) != MAGIC) {
      throw new InputException(file.toString(), null, "is not a checkpoint of Galvani", null);
    }
    if (b.limit() < HEADER + TRAILER) {
      throw truncated(file, b.limit(), HEADER + TRAILER);
    }
    int version = b.getInt(8);
    if (version != VERSION) {
      throw new InputException(file.toString(), null, "is a checkpoint of version " + version + "; this is " + VERSION,
          "Continue with the version of Galvani that wrote it");
    }
    long length = b.getLong(28);
    if (length < 0 || length != b.limit() - HEADER - TRAILER) {
      throw truncated(file, b.limit(), length + HEADER + TRAILER);
    }
    byte[] state = new byte[(int) length];
    b.position(HEADER).get(state);
    if (b.getInt(b.position()) != checksum(b)) {
      throw new InputException(file.toString(), null, "is damaged: its checksum does not match",
          "Use an older checkpoint");
    }
    return new Snapshot(b.getLong(12), b.getDouble(20), state);
  }

  /** CRC32C of all before the position. */
  private static int checksum(ByteBuffer b) {
    var crc = new CRC32C();
    crc.update(b.array(), 0, b.position());
    return (int) crc.getValue();
  }

  private static InputException truncated(Path file, long has, long needs) {
    return new InputException(file.toString(), null, "holds " + has + " bytes where its header says " + needs,
        "Use an older checkpoint");
  }
}
