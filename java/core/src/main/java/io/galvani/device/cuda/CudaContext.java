package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * A GPU in use: its primary context, which all in this process that use the GPU share. Any thread may call; each call makes the
 * context current for itself and leaves the thread's own as it was. Closing waits for calls in other threads, and closes what was
 * made here and is still open.
 */
public final class CudaContext implements AutoCloseable {
  private final CudaGpu gpu;
  private final CUdevice device = new CUdevice();
  private final CUcontext handle = new CUcontext();
  private final Set<CudaResource> open = new LinkedHashSet<>();
  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();        // read: to call; write: to close
  private final ReentrantReadWriteLock recording = new ReentrantReadWriteLock();  // read: to act at once; write: to record a graph
  private boolean closed;
  private volatile CudaException loss;
  private volatile Supplier<String> launched = () -> "";
  private final Map<String, LongAdder> launches = new ConcurrentHashMap<>();

  CudaContext(CudaGpu gpu) {
    this.gpu = gpu;
    check("cuDeviceGet", this::toString, JCudaDriver.cuDeviceGet(device, gpu.ordinal()));
    check("cuDevicePrimaryCtxRetain", this::toString, JCudaDriver.cuDevicePrimaryCtxRetain(handle, device));
  }

  public CudaGpu gpu() {
    return gpu;
  }

  /** Bytes of device memory, with what they hold undefined. */
  public CudaBuffer buffer(long bytes) {
    return new CudaBuffer(this, bytes);
  }

  /** Device memory that holds a copy of host memory. */
  public CudaBuffer buffer(MemorySegment content) {
    CudaBuffer buffer = buffer(content.byteSize());
    try {
      buffer.upload(content);
      return buffer;
    } catch (RuntimeException e) {
      buffer.close();
      throw e;
    }
  }

  /** Bytes of host memory from and to which streams can copy. */
  public CudaHostBuffer hostBuffer(long bytes) {
    return new CudaHostBuffer(this, bytes);
  }

  /** A queue of work. */
  public CudaStream stream() {
    return new CudaStream(this);
  }

  /** A mark in a stream. */
  public CudaEvent event() {
    return new CudaEvent(this);
  }

  /** Compiles PTX for this GPU and loads it. */
  public CudaModule module(Ptx ptx) {
    return new CudaModule(this, ptx);
  }

  /** Waits until all streams are done. */
  public void synchronize() {
    callAtOnce("cuCtxSynchronize", this::toString, JCudaDriver::cuCtxSynchronize);
  }

  /** Bytes of device memory that are free now. */
  public long freeMemory() {
    long[] free = new long[1];
    call("cuMemGetInfo", this::toString, () -> JCudaDriver.cuMemGetInfo(free, new long[1]));
    return free[0];
  }

  void count(String kernel) {
    launches.computeIfAbsent(kernel, k -> new LongAdder()).increment();
  }

  /** How often a kernel was launched here. */
  long launches(String kernel) {
    LongAdder count = launches.get(kernel);
    return count == null ? 0 : count.sum();
  }

  /** Whether the device was lost, and all that was on it. */
  boolean lost() {
    return loss != null;
  }

  // ---- how calls are made ------------------------------------------------------------------------------------------

  /**
   * Makes a call of the driver's.
   *
   * @param subject what it is about, with sizes, for the error
   * @param uses what must be open
   */
  void call(String name, Supplier<String> subject, IntSupplier call, CudaResource... uses) {
    check(name, subject, status(call, uses));
  }

  /** As {@link #call}, but by the host at once: refused in the thread that records a graph, and kept out of other threads' graphs. */
  void callAtOnce(String name, Supplier<String> subject, IntSupplier call, CudaResource... uses) {
    requireNotRecording(name, subject);
    recording.readLock().lock();
    try {
      call(name, subject, call, uses);
    } finally {
      recording.readLock().unlock();
    }
  }

  /** Makes a call whose status the caller judges. */
  int status(IntSupplier call, CudaResource... uses) {
    use.readLock().lock();
    try {
      if (closed) {
        throw new GalvaniException(this + " is closed");
      }
      for (CudaResource used : uses) {
        used.requireUsable(this);
      }
      if (loss != null) {
        throw new CudaException(loss);
      }
      return current(call);
    } finally {
      use.readLock().unlock();
    }
  }

  /** Turns a status other than success into an exception that says what is known. */
  void check(String name, Supplier<String> subject, int status) {
    if (status == CUresult.CUDA_SUCCESS) {
      return;
    }
    String detail = "";
    if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      long[] free = new long[1];
      long[] all = new long[1];
      if (current(() -> JCudaDriver.cuMemGetInfo(free, all)) == CUresult.CUDA_SUCCESS) {
        detail = (free[0] >> 20) + " of " + (all[0] >> 20) + " MiB of device memory are free";
      }
    }
    boolean lost = CudaException.isLoss(status);
    if (lost && !launched.get().isEmpty() && !launched.get().equals(subject.get())) {
      detail = "Last launched: " + launched.get();  // the device fails some time after the launch
    }
    var failure = new CudaException(name, subject.get(), status, detail);
    if (lost) {
      loss = failure;
    }
    throw failure;
  }

  /** Remembers what to name when the device reports a failure later. */
  void launching(Supplier<String> what) {
    launched = what;
  }

  /** Runs while no other thread acts at once, or records. */
  void whileRecording(Runnable work) {
    if (recording.isWriteLockedByCurrentThread()) {
      throw new GalvaniException("A graph is being recorded already");
    }
    recording.writeLock().lock();
    try {
      work.run();
    } finally {
      recording.writeLock().unlock();
    }
  }

  void requireNotRecording(String name, Supplier<String> subject) {
    if (recording.isWriteLockedByCurrentThread()) {
      throw new GalvaniException(name + " of " + subject.get() + ": a graph is being recorded, which holds only what is put into its "
          + "stream. Do this before or after");
    }
  }

  /** Takes charge of what was made here. */
  void adopt(CudaResource made) {
    use.writeLock().lock();
    try {
      if (closed) {  // meanwhile, by another thread; all that was here has gone with the context
        made.retire();
        throw new GalvaniException(this + " is closed");
      }
      open.add(made);
    } finally {
      use.writeLock().unlock();
    }
  }

  /** Gives back what was made here, once. */
  void release(CudaResource made) {
    requireNotRecording("close", made::toString);
    use.writeLock().lock();
    try {
      if (made.retire()) {
        open.remove(made);
        int status = current(made::free);
        if (loss == null) {  // of a lost device nothing can be given back, and the loss has been reported
          check("close", made::toString, status);
        }
      }
    } finally {
      use.writeLock().unlock();
    }
  }

  @Override
  public void close() {
    requireNotRecording("close", this::toString);
    use.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      RuntimeException first = null;
      List<CudaResource> left = new ArrayList<>(open);
      for (CudaResource made : left.reversed()) {
        try {
          release(made);
        } catch (GalvaniException e) {
          first = first == null ? e : first;
        }
      }
      closed = true;
      int status = JCudaDriver.cuDevicePrimaryCtxRelease(device);
      if (first != null) {
        throw first;
      }
      if (loss == null) {
        check("cuDevicePrimaryCtxRelease", this::toString, status);
      }
    } finally {
      use.writeLock().unlock();
    }
  }

  private int current(IntSupplier call) {
    int pushed = JCudaDriver.cuCtxPushCurrent(handle);
    if (pushed != CUresult.CUDA_SUCCESS) {
      return pushed;
    }
    int status = call.getAsInt();
    int popped = JCudaDriver.cuCtxPopCurrent(new CUcontext());
    return status != CUresult.CUDA_SUCCESS ? status : popped;
  }

  @Override
  public String toString() {
    return "GPU " + gpu.ordinal() + " (" + gpu.name() + ")";
  }
}
