package io.galvani.device.cuda;

import io.galvani.surrogate.SurrogatePrecision;
import io.galvani.surrogate.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The kernels of one precision ({@code kernels/surrogate/surrogate_<precision>.cu}) on a GPU, and how numbers are stored in it. */
final class SurrogateKernels {
  /** Threads of a block of all kernels but {@code lstm} and {@code elm}. */
  static final int THREADS = 128;
  /** Threads of a block of {@code lstm} and {@code elm}, at most. */
  static final int UNIT_THREADS = 256;
  /** Rows and columns of a tile: kTileRows, kTileColumns of tile.h. */
  static final int TILE = 64;
  /** LSTMs of a launch at most: kLstmLayers of surrogate.h. */
  static final int LSTM_LAYERS = 4;
  /** Cells that a thread of {@code lstm} and {@code elm} serves: kUnitCells of head.h. */
  static final int UNIT_CELLS = 8;

  final SurrogatePrecision precision;
  private final CudaModule module;

  SurrogateKernels(CudaContext context, SurrogatePrecision precision) {
    this.precision = precision;
    module = context.module(Ptx.packaged(packaged(precision)));
  }

  private static String packaged(SurrogatePrecision precision) {
    return "surrogate_" + precision.name().toLowerCase(Locale.ROOT);
  }

  /** Names of the packaged PTX: that of each precision. */
  static List<String> packaged() {
    return Arrays.stream(SurrogatePrecision.values()).map(SurrogateKernels::packaged).toList();
  }

  /** The kernel {@code surrogate_<name>_<precision>}. */
  CudaKernel kernel(String name) {
    return module.kernel("surrogate_" + name + "_" + precision.name().toLowerCase(Locale.ROOT));
  }

  /** That kernel as it multiplies by tiles: {@code surrogate_<name>_mma_<precision>}, or the plain one. */
  CudaKernel product(String name, Gemm gemm) {
    return kernel(gemm == Gemm.MMA ? name + "_mma" : name);
  }

  /** Bytes of a number that is multiplied. */
  int bytes() {
    return switch (precision) {
      case F64 -> 8;
      case F32 -> 4;
      case BF16 -> 2;
    };
  }

  /** Bytes of a sum. */
  int sumBytes() {
    return precision == SurrogatePrecision.F64 ? 8 : 4;
  }

  /** Numbers as they are multiplied. */
  MemorySegment stored(Tensor t) {
    if (precision != SurrogatePrecision.BF16) {
      return sums(t);
    }
    ByteBuffer to = room(t.size(), 2);
    for (long i = 0; i < t.size(); i++) {
      int bits = Float.floatToRawIntBits(t.at(i));
      to.putShort((short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16));  // as layers.h rounds
    }
    return MemorySegment.ofArray(to.array());
  }

  /** Numbers as sums are. */
  MemorySegment sums(Tensor t) {
    if (sumBytes() == 4) {
      return t.data();
    }
    ByteBuffer to = room(t.size(), 8);
    for (long i = 0; i < t.size(); i++) {
      to.putDouble(t.at(i));
    }
    return MemorySegment.ofArray(to.array());
  }

  /** Numbers as sums are. */
  MemorySegment sums(double[] values) {
    ByteBuffer to = room(values.length, sumBytes());
    for (double v : values) {
      if (sumBytes() == 8) {
        to.putDouble(v);
      } else {
        to.putFloat((float) v);
      }
    }
    return MemorySegment.ofArray(to.array());
  }

  private static ByteBuffer room(long numbers, int bytes) {
    return ByteBuffer.allocate(Math.toIntExact(Math.multiplyExact(numbers, bytes))).order(ByteOrder.LITTLE_ENDIAN);
  }
}
