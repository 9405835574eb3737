package io.galvani.device.cuda;

import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** A mark in a stream: whether the work before it is done, and when it was. */
public final class CudaEvent extends CudaResource {
  final CUevent handle = new CUevent();

  CudaEvent(CudaContext context) {
    super(context);
    context.call("cuEventCreate", this::toString, () -> JCudaDriver.cuEventCreate(handle, CUevent_flags.CU_EVENT_DEFAULT));
    context.adopt(this);
  }

  /** Waits until the stream has come to it. */
  public void synchronize() {
    context.callAtOnce("cuEventSynchronize", this::toString, () -> JCudaDriver.cuEventSynchronize(handle), this);
  }

  /** Whether the stream has come to it. */
  public boolean done() {
    int status = context.status(() -> JCudaDriver.cuEventQuery(handle), this);
    if (status == CUresult.CUDA_ERROR_NOT_READY) {
      return false;
    }
    context.check("cuEventQuery", this::toString, status);
    return true;
  }

  /** Milliseconds from an earlier event to this one, by the clock of the device. Both must be done. */
  public float millisecondsSince(CudaEvent earlier) {
    float[] elapsed = new float[1];
    context.call("cuEventElapsedTime", this::toString,
        () -> JCudaDriver.cuEventElapsedTime(elapsed, earlier.handle, handle), this, earlier);
    return elapsed[0];
  }

  @Override
  int free() {
    return JCudaDriver.cuEventDestroy(handle);
  }

  @Override
  public String toString() {
    return "event";
  }
}
