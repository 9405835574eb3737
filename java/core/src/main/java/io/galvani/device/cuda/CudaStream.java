package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import java.util.function.Supplier;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * A queue of work for the device: what is put into one stream is done in order. Copies without a stream wait for all streams, and
 * streams for them.
 */
public final class CudaStream extends CudaResource {
  /** Something put into a stream. */
  @FunctionalInterface
  interface Operation {
    int into(CUstream stream);
  }

  final CUstream handle = new CUstream();
  private CudaGraph recorded;

  CudaStream(CudaContext context) {
    super(context);
    // Not CU_STREAM_NON_BLOCKING: the order with copies without a stream would be lost.
    context.callAtOnce("cuStreamCreate", this::toString, () -> JCudaDriver.cuStreamCreate(handle, CUstream_flags.CU_STREAM_DEFAULT));
    context.adopt(this);
  }

  /** Waits until all that was put in is done. A kernel that failed is reported here. */
  public void synchronize() {
    context.callAtOnce("cuStreamSynchronize", this::toString, () -> JCudaDriver.cuStreamSynchronize(handle), this);
  }

  /** Whether all that was put in is done. */
  public boolean done() {
    context.requireNotRecording("cuStreamQuery", this::toString);
    int status = context.status(() -> JCudaDriver.cuStreamQuery(handle), this);
    if (status == CUresult.CUDA_ERROR_NOT_READY) {
      return false;
    }
    context.check("cuStreamQuery", this::toString, status);
    return true;
  }

  /** Puts the event in. */
  public void record(CudaEvent event) {
    context.callAtOnce("cuEventRecord", this::toString, () -> JCudaDriver.cuEventRecord(event.handle, handle), this, event);
  }

  /** Has what comes after wait for the event, of another stream. */
  public void waitFor(CudaEvent event) {
    context.callAtOnce("cuStreamWaitEvent", this::toString, () -> JCudaDriver.cuStreamWaitEvent(handle, event.handle, 0), this, event);
  }

  /**
   * Records what {@code work} puts into this stream, without doing it.
   *
   * @throws GalvaniException if the work does anything at once: waits, allocates, closes, copies without a stream
   */
  public CudaGraph graph(Runnable work) {
    var graph = new CudaGraph(this);
    context.whileRecording(() -> {
      graph.begin();
      recorded = graph;
      try {
        work.run();
      } catch (RuntimeException | Error e) {
        graph.abandon();
        throw e;
      } finally {
        recorded = null;
      }
      graph.end();
    });
    return graph;
  }

  /** Puts work in, or into the graph that is being recorded. */
  void enqueue(String call, Supplier<String> subject, Operation operation, CudaResource... uses) {
    CudaGraph graph = recorded;
    if (graph != null && graph.take(call, subject, operation, uses)) {
      return;
    }
    if (graph == null) {
      context.requireNotRecording(call, subject);
    }
    var all = new CudaResource[uses.length + 1];
    System.arraycopy(uses, 0, all, 0, uses.length);
    all[uses.length] = this;
    context.call(call, subject, () -> operation.into(handle), all);
  }

  @Override
  int free() {
    return JCudaDriver.cuStreamDestroy(handle);
  }

  @Override
  public String toString() {
    return "stream";
  }
}
