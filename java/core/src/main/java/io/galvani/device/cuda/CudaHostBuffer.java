package io.galvani.device.cuda;

import io.galvani.InputException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Host memory that stays where it is, so that a stream copies from and to it while the host goes on. */
public final class CudaHostBuffer extends CudaResource {
  private final Pointer pointer = new Pointer();
  private final Arena arena = Arena.ofShared();  // its end makes the memory unreachable before it is given back
  private final MemorySegment memory;

  CudaHostBuffer(CudaContext context, long bytes) {
    super(context);
    if (bytes < 1) {
      throw new InputException("host memory", null, bytes + " bytes were asked for", null);
    }
    context.callAtOnce("cuMemAllocHost", () -> bytes + " bytes", () -> JCudaDriver.cuMemAllocHost(pointer, bytes));
    memory = MemorySegment.ofBuffer(pointer.getByteBuffer(0, 1)).reinterpret(bytes, arena, null);
    context.adopt(this);
  }

  /** The memory. What a stream copies to it is there once the stream is done. */
  public MemorySegment memory() {
    return memory;
  }

  Pointer pointer(long offset) {
    return pointer.withByteOffset(offset);
  }

  void requireRange(String what, long offset, long count) {
    CudaBuffer.requireRange(what, this, memory.byteSize(), offset, count);
  }

  @Override
  int free() {
    arena.close();
    return JCudaDriver.cuMemFreeHost(pointer);
  }

  @Override
  public String toString() {
    return "host buffer of " + memory.byteSize() + " bytes";
  }
}
