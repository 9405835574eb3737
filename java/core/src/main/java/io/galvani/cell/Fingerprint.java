package io.galvani.cell;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 over texts and numbers: tells whether two things are built alike, in this process or another. */
public final class Fingerprint {
  private final MessageDigest digest;

  public Fingerprint() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Adds a text. */
  public Fingerprint add(String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /** Adds bytes. */
  public Fingerprint add(byte[] content) {
    digest.update(content);
    return this;
  }

  /** Adds memory. */
  public Fingerprint add(MemorySegment content) {
    for (long at = 0; at < content.byteSize(); at += 1 << 30) {
      digest.update(content.asSlice(at, Math.min(1 << 30, content.byteSize() - at)).asByteBuffer());
    }
    return this;
  }

  /** Adds numbers, to the bit. */
  public Fingerprint add(double... values) {
    ByteBuffer b = ByteBuffer.allocate(values.length * Double.BYTES);
    b.asDoubleBuffer().put(values);
    digest.update(b);
    return this;
  }

  /** Adds integers. */
  public Fingerprint add(int... values) {
    ByteBuffer b = ByteBuffer.allocate(values.length * Integer.BYTES);
    b.asIntBuffer().put(values);
    digest.update(b);
    return this;
  }

  /** All of it, in hexadecimal digits. Nothing can be added after it. */
  public String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Its first eight bytes. Nothing can be added after it. */
  public long number() {
    return ByteBuffer.wrap(digest.digest()).getLong();
  }
}
