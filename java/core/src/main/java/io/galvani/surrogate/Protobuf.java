package io.galvani.surrogate;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A message of Protocol Buffers while it is written: fields in the order of the calls, each behind its key {@code number << 3 | wire type}.
 *
 * <p>ONNX needs four kinds of fields. The library for them would be 2 MB to every user of ours, and generated classes that copy the
 * weights; here they stay where they are mapped until they are in the file.
 */
final class Protobuf {
  private static final int VARINT = 0;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;
  private static final int MAX_VARINT = 10;

  private final List<ByteBuffer> parts = new ArrayList<>();
  private long size;

  /** Adds an int32, an int64, a bool or an enum. */
  Protobuf whole(int field, long value) {
    return add(varint(varint(ByteBuffer.allocate(2 * MAX_VARINT), key(field, VARINT)), value).flip());
  }

  /** Adds a float. */
  Protobuf number(int field, float value) {
    var bytes = ByteBuffer.allocate(MAX_VARINT + Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return add(varint(bytes, key(field, FIXED32)).putFloat(value).flip());
  }

  /** Adds a string. */
  Protobuf text(int field, String value) {
    return bytes(field, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
  }

  /** Adds bytes; they are not copied. */
  Protobuf bytes(int field, ByteBuffer value) {
    return head(field, value.remaining()).add(value);
  }

  /** Adds a message that is complete. */
  Protobuf message(int field, Protobuf value) {
    head(field, value.size);
    parts.addAll(value.parts);
    size += value.size;
    return this;
  }

  /** Bytes of all fields. */
  long size() {
    return size;
  }

  /** All fields, one after another. */
  List<ByteBuffer> parts() {
    return parts;
  }

  private Protobuf head(int field, long length) {
    return add(varint(varint(ByteBuffer.allocate(2 * MAX_VARINT), key(field, LENGTH_DELIMITED)), length).flip());
  }

  private Protobuf add(ByteBuffer part) {
    parts.add(part);
    size += part.remaining();
    return this;
  }

  private static long key(int field, int wireType) {
    return (long) field << 3 | wireType;
  }

  /** Seven bits a byte, the lowest first; the top bit says that more follow. */
  private static ByteBuffer varint(ByteBuffer to, long value) {
    while ((value & ~0x7fL) != 0) {
      to.put((byte) (value & 0x7f | 0x80));
      value >>>= 7;
    }
    return to.put((byte) value);
  }
}
