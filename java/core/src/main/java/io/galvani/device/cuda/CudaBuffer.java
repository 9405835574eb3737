package io.galvani.device.cuda;

import io.galvani.InputException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jcuda.Pointer;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * Device memory. Copies without a stream are done when they return, after all that streams were given before; copies with a stream
 * need a {@link CudaHostBuffer} and are done when the stream is. Ranges may be empty.
 */
public final class CudaBuffer extends CudaResource {
  private static final long CHUNK = 1L << 30;  // of a copy from native memory: what a ByteBuffer can hold

  private final DevicePointer pointer;
  private final long bytes;
  private final CudaModule owner;

  CudaBuffer(CudaContext context, long bytes) {
    super(context);
    if (bytes < 1) {
      throw new InputException("device memory", null, bytes + " bytes were asked for", null);
    }
    this.bytes = bytes;
    this.owner = null;
    pointer = new DevicePointer();
    context.callAtOnce("cuMemAlloc", this::toString, () -> JCudaDriver.cuMemAlloc(pointer, bytes));
    context.adopt(this);
  }

  /** Memory that is a module's: a variable of the kernels. */
  CudaBuffer(CudaModule owner, DevicePointer pointer, long bytes) {
    super(owner.context);
    this.pointer = pointer;
    this.bytes = bytes;
    this.owner = owner;
    context.adopt(this);
  }

  public long bytes() {
    return bytes;
  }

  /** Where it lies on the device: for structs of pointers. A kernel's argument is the buffer itself. */
  public long address() {
    return pointer.address();
  }

  /** Copies host memory to its start. */
  public void upload(MemorySegment from) {
    upload(0, from);
  }

  /** Copies host memory to {@code offset} and on. */
  public void upload(long offset, MemorySegment from) {
    requireRange("upload", offset, from.byteSize());
    if (!from.isNative() && from.heapBase().isEmpty()) {  // read-only: JCuda does not get at it
      try (Arena arena = Arena.ofConfined()) {
        upload(offset, arena.allocate(from.byteSize()).copyFrom(from));
      }
      return;
    }
    for (long done = 0; done < from.byteSize(); done += CHUNK) {
      MemorySegment part = from.asSlice(done, Math.min(CHUNK, from.byteSize() - done));
      long at = offset + done;
      context.callAtOnce("cuMemcpyHtoD", () -> part.byteSize() + " bytes to " + at + " of the " + this,
          () -> JCudaDriver.cuMemcpyHtoD(pointer.withByteOffset(at), host(part), part.byteSize()), this);
    }
  }

  /** Copies its start to host memory. */
  public void download(MemorySegment to) {
    download(0, to);
  }

  /** Copies from {@code offset} and on to host memory. */
  public void download(long offset, MemorySegment to) {
    requireRange("download", offset, to.byteSize());
    if (to.isReadOnly()) {
      throw new InputException("download", null, "the memory to copy to is read-only", null);
    }
    for (long done = 0; done < to.byteSize(); done += CHUNK) {
      MemorySegment part = to.asSlice(done, Math.min(CHUNK, to.byteSize() - done));
      long at = offset + done;
      context.callAtOnce("cuMemcpyDtoH", () -> part.byteSize() + " bytes from " + at + " of the " + this,
          () -> JCudaDriver.cuMemcpyDtoH(host(part), pointer.withByteOffset(at), part.byteSize()), this);
    }
  }

  /** Has a stream copy from host memory. */
  public void upload(CudaStream stream, long offset, CudaHostBuffer from, long fromOffset, long count) {
    requireRange("upload", offset, count);
    from.requireRange("upload", fromOffset, count);
    if (count == 0) {
      return;
    }
    stream.enqueue("cuMemcpyHtoDAsync", () -> count + " bytes to " + offset + " of the " + this,
        s -> JCudaDriver.cuMemcpyHtoDAsync(pointer.withByteOffset(offset), from.pointer(fromOffset), count, s), this, from);
  }

  /** Has a stream copy to host memory, where it may be read once the stream is done. */
  public void download(CudaStream stream, long offset, CudaHostBuffer to, long toOffset, long count) {
    requireRange("download", offset, count);
    to.requireRange("download", toOffset, count);
    if (count == 0) {
      return;
    }
    stream.enqueue("cuMemcpyDtoHAsync", () -> count + " bytes from " + offset + " of the " + this,
        s -> JCudaDriver.cuMemcpyDtoHAsync(to.pointer(toOffset), pointer.withByteOffset(offset), count, s), this, to);
  }

  /** Has a stream copy from other device memory; the two ranges must not overlap. */
  public void copy(CudaStream stream, long offset, CudaBuffer from, long fromOffset, long count) {
    requireRange("copy", offset, count);
    from.requireRange("copy", fromOffset, count);
    if (count == 0) {
      return;
    }
    if (from == this && Math.abs(offset - fromOffset) < count) {
      throw new InputException("copy", null, count + " bytes from " + fromOffset + " to " + offset + " of the " + this + " overlap", null);
    }
    stream.enqueue("cuMemcpyDtoDAsync", () -> count + " bytes to " + offset + " of the " + this, s -> JCudaDriver.cuMemcpyDtoDAsync(
        pointer.withByteOffset(offset), from.pointer.withByteOffset(fromOffset), count, s), this, from);
  }

  /** Has a stream set a range to zero. */
  public void zero(CudaStream stream, long offset, long count) {
    requireRange("zero", offset, count);
    if (count == 0) {
      return;
    }
    stream.enqueue("cuMemsetD8Async", () -> count + " bytes from " + offset + " of the " + this,
        s -> JCudaDriver.cuMemsetD8Async(pointer.withByteOffset(offset), (byte) 0, count, s), this);
  }

  /** Has a stream set all of it to zero. */
  public void zero(CudaStream stream) {
    zero(stream, 0, bytes);
  }

  private static Pointer host(MemorySegment part) {
    if (part.isNative()) {
      return Pointer.to(part.asByteBuffer());
    }
    Object array = part.heapBase().orElseThrow();
    Pointer start = switch (array) {
      case byte[] a -> Pointer.to(a);
      case short[] a -> Pointer.to(a);
      case char[] a -> Pointer.to(a);
      case int[] a -> Pointer.to(a);
      case long[] a -> Pointer.to(a);
      case float[] a -> Pointer.to(a);
      case double[] a -> Pointer.to(a);
      default -> throw new AssertionError(array.getClass());
    };
    return start.withByteOffset(part.address());
  }

  private void requireRange(String what, long offset, long count) {
    requireRange(what, this, bytes, offset, count);
  }

  static void requireRange(String what, Object of, long bytes, long offset, long count) {
    if (offset < 0 || count < 0 || count > bytes - offset) {
      throw new InputException(what, null, count + " bytes at " + offset + " are not within the " + of, null);
    }
  }

  @Override
  void requireUsable(CudaContext in) {
    super.requireUsable(in);
    if (owner != null) {
      owner.requireUsable(in);
    }
  }

  @Override
  int free() {
    return owner == null ? JCudaDriver.cuMemFree(pointer) : CUresult.CUDA_SUCCESS;
  }

  @Override
  public String toString() {
    return "buffer of " + bytes + " bytes";
  }
}
