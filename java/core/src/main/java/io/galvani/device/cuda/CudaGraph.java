package io.galvani.device.cuda;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * Work recorded from a stream, to be put into one as a whole, many times. A driver that cannot capture streams is served too: the
 * calls are kept and made again.
 */
public final class CudaGraph extends CudaResource {
  private record Step(String call, Supplier<String> subject, CudaStream.Operation operation, CudaResource[] uses) {}

  private final CudaStream from;
  private final CUgraphExec handle = new CUgraphExec();
  private final Set<CudaResource> uses = new LinkedHashSet<>();
  private final List<Step> steps = new ArrayList<>();
  private boolean replayed;

  CudaGraph(CudaStream from) {
    super(from.context);
    this.from = from;
  }

  /** Puts all of it into a stream. */
  public void launch(CudaStream stream) {
    context.launching(this::toString);
    if (replayed) {
      steps.forEach(s -> stream.enqueue(s.call, s.subject, s.operation, with(s.uses)));
    } else {
      stream.enqueue("cuGraphLaunch", this::toString, s -> JCudaDriver.cuGraphLaunch(handle, s), with(uses.toArray(CudaResource[]::new)));
    }
  }

  private CudaResource[] with(CudaResource[] used) {
    var all = new CudaResource[used.length + 1];
    all[0] = this;
    System.arraycopy(used, 0, all, 1, used.length);
    return all;
  }

  void begin() {
    int status = context.status(
        () -> JCudaDriver.cuStreamBeginCapture(from.handle, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL), from);
    replayed = status == CUresult.CUDA_ERROR_NOT_SUPPORTED;
    if (!replayed) {
      context.check("cuStreamBeginCapture", from::toString, status);
    }
  }

  /** Notes what the work uses; whether the step is kept here rather than captured by the driver. */
  boolean take(String call, Supplier<String> subject, CudaStream.Operation operation, CudaResource... used) {
    uses.addAll(List.of(used));
    if (replayed) {
      steps.add(new Step(call, subject, operation, used));
    }
    return replayed;
  }

  void end() {
    if (!replayed) {
      var graph = new CUgraph();
      context.call("cuStreamEndCapture", from::toString, () -> JCudaDriver.cuStreamEndCapture(from.handle, graph), from);
      int status = context.status(() -> JCudaDriver.cuGraphInstantiate(handle, graph, 0));
      context.call("cuGraphDestroy", this::toString, () -> JCudaDriver.cuGraphDestroy(graph));
      context.check("cuGraphInstantiate", this::toString, status);
    }
    context.adopt(this);
  }

  /** Ends a recording that failed; what the driver says to that matters no more. */
  void abandon() {
    if (!replayed) {
      var graph = new CUgraph();
      if (context.status(() -> JCudaDriver.cuStreamEndCapture(from.handle, graph), from) == CUresult.CUDA_SUCCESS) {
        context.status(() -> JCudaDriver.cuGraphDestroy(graph));
      }
    }
    retire();
  }

  @Override
  int free() {
    return replayed ? CUresult.CUDA_SUCCESS : JCudaDriver.cuGraphExecDestroy(handle);
  }

  @Override
  public String toString() {
    return "graph";
  }
}
