package io.galvani.device.cuda;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Device memory that grows with what is asked of it. */
final class Room implements AutoCloseable {
  private final CudaContext context;
  private CudaBuffer buffer;
  private byte[] kept;

  Room(CudaContext context) {
    this.context = context;
  }

  /** Its address, with room for so many bytes, whose content is undefined. */
  long reserve(long bytes) {
    if (buffer == null || buffer.bytes() < bytes) {
      close();
      buffer = context.buffer(Math.max(256, bytes));
    }
    return buffer.address();
  }

  long fill(byte[] content) {
    long address = reserve(content.length);
    buffer.upload(MemorySegment.ofArray(content));
    return address;
  }

  long fill(Records content) {
    return fill(content.toArray());
  }

  /** For what seldom changes: is sent where it differs from what was kept last. */
  long keep(Records content) {
    byte[] bytes = content.toArray();
    if (buffer == null || !Arrays.equals(bytes, kept)) {
      fill(bytes);
      kept = bytes;
    }
    return address();
  }

  /** Has a stream set so many bytes to zero. */
  long zero(CudaStream stream, long bytes) {
    long address = reserve(bytes);
    buffer.zero(stream, 0, bytes);
    return address;
  }

  long address() {
    return buffer.address();
  }

  CudaBuffer buffer() {
    return buffer;
  }

  @Override
  public void close() {
    if (buffer != null) {
      buffer.close();
      buffer = null;
    }
  }
}
