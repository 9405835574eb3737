package io.galvani.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Bytes of the structures of the kernels ({@code cable/cable.h}, {@code surrogate/surrogate.h}), one after the other. Each member is
 * aligned to its size, as C++ does.
 */
final class Records {
  private ByteBuffer bytes = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);

  Records i32(int... values) {
    for (int v : values) {
      room(4).putInt(v);
    }
    return this;
  }

  Records i64(long... values) {
    for (long v : values) {
      room(8).putLong(v);
    }
    return this;
  }

  Records f64(double... values) {
    for (double v : values) {
      room(8).putDouble(v);
    }
    return this;
  }

  Records f32(float... values) {
    for (float v : values) {
      room(4).putFloat(v);
    }
    return this;
  }

  Records u8(byte... values) {
    for (byte v : values) {
      room(1).put(v);
    }
    return this;
  }

  /** Ends a structure that holds members of eight bytes. */
  Records end() {
    room(8);
    return this;
  }

  int size() {
    return bytes.position();
  }

  byte[] toArray() {
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  private ByteBuffer room(int size) {
    int at = (bytes.position() + size - 1) / size * size;
    if (at + size > bytes.capacity()) {
      bytes = ByteBuffer.wrap(Arrays.copyOf(bytes.array(), Math.multiplyExact(bytes.capacity(), 2))).order(ByteOrder.LITTLE_ENDIAN)
          .position(bytes.position());
    }
    return bytes.position(at);
  }
}
