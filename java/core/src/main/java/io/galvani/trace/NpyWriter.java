package io.galvani.trace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes a [cells, samples] {@code .npy} file while the samples come in. The file has its full size from the start;
 * pieces may be written again, so that a run may go on from a checkpoint.
 */
public final class NpyWriter implements AutoCloseable {
  private final FileChannel channel;
  private final Npy.Type type;
  private final int cells;
  private final long samples;
  private final long data;

  /** Opens a file for {@code cells} rows of {@code samples} columns; one that exists is continued. */
  public NpyWriter(Path file, Npy.Type type, int cells, long samples) throws IOException {
    this.type = type;
    this.cells = cells;
    this.samples = samples;
    ByteBuffer header = Npy.header(type, "(" + cells + ", " + samples + ")");
    data = header.remaining();
    channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      long size = Math.addExact(data, Math.multiplyExact(Math.multiplyExact(samples, cells), (long) type.bytes));
      writeAll(channel, header, 0);
      if (channel.size() < size) {
        writeAll(channel, ByteBuffer.allocate(1), size - 1);
      }
      channel.truncate(size);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Writes samples of all cells.
   *
   * @param first index of the first of them
   * @param block [cells][samples]
   */
  public void write(long first, double[][] block) throws IOException {
    if (block.length != cells || first < 0 || first + block[0].length > samples) {
      throw new IllegalArgumentException("samples " + first + "… of " + block.length + " cells do not fit into ["
          + cells + ", " + samples + "]");
    }
    ByteBuffer b = ByteBuffer.allocate(Math.multiplyExact(block[0].length, type.bytes)).order(ByteOrder.LITTLE_ENDIAN);
    for (int c = 0; c < cells; c++) {
      b.clear();
      for (double v : block[c]) {
        type.put(b, v);
      }
      writeAll(channel, b.flip(), data + (c * samples + first) * type.bytes);
    }
  }

  /** Returns when all that was written is on the disk. */
  public void force() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  static void writeAll(FileChannel channel, ByteBuffer b, long position) throws IOException {
    while (b.hasRemaining()) {
      position += channel.write(b, position);
    }
  }
}
