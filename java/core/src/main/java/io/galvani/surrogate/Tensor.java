package io.galvani.surrogate;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Weights as stored: little-endian float32 in row-major order. Those of a file are mapped, and live as long as the tensor. */
public final class Tensor {
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  /** Bytes: a cache line, the widest vector. */
  static final int ALIGNMENT = 64;

  private final int[] shape;
  private final MemorySegment data;

  /**
   * @param data exactly as many float32 as the shape has elements; aligned or not
   * @throws IllegalArgumentException if it is not
   */
  Tensor(int[] shape, MemorySegment data) {
    this.shape = shape.clone();
    this.data = data.asReadOnly();
    if (data.byteSize() != Math.multiplyExact(size(shape), Float.BYTES)) {
      throw new IllegalArgumentException(data.byteSize() + " bytes for float32 " + Arrays.toString(shape));
    }
  }

  /** A tensor of the values, row by row. */
  public static Tensor of(float[] values, int... shape) {
    var data = Arena.ofAuto().allocate(Math.multiplyExact((long) Float.BYTES, values.length), ALIGNMENT);
    MemorySegment.copy(values, 0, data, F32, 0, values.length);
    return new Tensor(shape, data);
  }

  /** A tensor of one value throughout. */
  static Tensor filled(float value, int... shape) {
    float[] values = new float[Math.toIntExact(size(shape))];
    Arrays.fill(values, value);
    return of(values, shape);
  }

  /** Number of elements of a shape. */
  private static long size(int[] shape) {
    long n = 1;
    for (int extent : shape) {
      if (extent < 1) {
        throw new IllegalArgumentException("shape " + Arrays.toString(shape) + " is empty");
      }
      n = Math.multiplyExact(n, extent);
    }
    return n;
  }

  /** Number of dimensions. */
  public int rank() {
    return shape.length;
  }

  /** The extent of dimension i. */
  public int extent(int i) {
    return shape[i];
  }

  /** All extents; a copy. */
  public int[] shape() {
    return shape.clone();
  }

  /** Number of elements. */
  public long size() {
    return data.byteSize() / Float.BYTES;
  }

  /** The i-th element in row-major order. */
  public float at(long i) {
    return data.get(F32, i * Float.BYTES);
  }

  /** The float32, read-only. */
  public MemorySegment data() {
    return data;
  }

  /** The index of the first element that is infinite or not a number; −1 if all are finite. */
  long firstNotFinite() {
    for (long i = 0; i < size(); i++) {
      if (!Float.isFinite(at(i))) {
        return i;
      }
    }
    return -1;
  }

  /** Whether the other one has the same shape and, bit for bit, the same elements. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Tensor t && Arrays.equals(shape, t.shape) && data.mismatch(t.data) < 0;
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(shape) + Float.hashCode(at(0));
  }

  @Override
  public String toString() {
    return "float32 " + Arrays.toString(shape);
  }
}
