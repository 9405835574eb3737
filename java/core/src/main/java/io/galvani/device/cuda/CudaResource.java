package io.galvani.device.cuda;

import io.galvani.GalvaniException;

/** Something of a context's that must be given back. Whoever made it closes it; the context closes what is left. */
abstract class CudaResource implements AutoCloseable {
  final CudaContext context;
  private boolean closed;  // guarded by the lock of the context

  CudaResource(CudaContext context) {
    this.context = context;
  }

  /** Gives it back to the driver; a status. */
  abstract int free();

  /** Refuses what is closed, or of another context. Under the lock of the context. */
  void requireUsable(CudaContext in) {
    if (closed) {
      throw new GalvaniException("The " + this + " is closed");
    }
    if (in != context) {
      throw new GalvaniException("The " + this + " belongs to " + context + ", not to " + in);
    }
  }

  /** Marks it closed; whether it was not before. */
  final boolean retire() {
    boolean first = !closed;
    closed = true;
    return first;
  }

  @Override
  public final void close() {
    context.release(this);
  }
}
