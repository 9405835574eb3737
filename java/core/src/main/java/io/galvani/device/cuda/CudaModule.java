package io.galvani.device.cuda;

import io.galvani.InputException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.Pointer;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.driver.JITOptions;

/** PTX compiled for a GPU by its driver: kernels and their variables. */
public final class CudaModule extends CudaResource {
  private static final int LOG = 8192;

  final CUmodule handle = new CUmodule();
  private final Ptx ptx;
  private final Map<String, CudaKernel> kernels = new ConcurrentHashMap<>();

  CudaModule(CudaContext context, Ptx ptx) {
    super(context);
    this.ptx = ptx;
    byte[] text = ptx.text().getBytes(StandardCharsets.UTF_8);
    byte[] terminated = Arrays.copyOf(text, text.length + 1);
    var options = new JITOptions();
    options.putBytes(CUjit_option.CU_JIT_ERROR_LOG_BUFFER, new byte[LOG]);
    options.putInt(CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, LOG);
    context.requireNotRecording("cuModuleLoadDataEx", this::toString);
    int status = context.status(() -> JCudaDriver.cuModuleLoadDataJIT(handle, Pointer.to(terminated), options));
    context.check("cuModuleLoadDataEx", () -> this + " for " + context.gpu().architecture() + log(options), status);
    context.adopt(this);
  }

  private static String log(JITOptions options) {
    String text = options.getString(CUjit_option.CU_JIT_ERROR_LOG_BUFFER);
    text = text == null ? "" : text.split("\0", 2)[0].strip();
    return text.isEmpty() ? "" : " (" + text.replaceAll("\\s*\n\\s*", "; ") + ")";
  }

  public Ptx ptx() {
    return ptx;
  }

  /**
   * The kernel of that name.
   *
   * @throws InputException if there is none; suggests the nearest
   */
  public CudaKernel kernel(String name) {
    Ptx.Entry entry = ptx.entry(name);
    return kernels.computeIfAbsent(name, n -> new CudaKernel(this, entry));
  }

  /**
   * The memory of a {@code __device__} or {@code __constant__} variable.
   *
   * @throws InputException if there is none of that name
   */
  public CudaBuffer variable(String name) {
    var pointer = new DevicePointer();
    long[] bytes = new long[1];
    int status = context.status(() -> JCudaDriver.cuModuleGetGlobal(pointer, bytes, handle, name), this);
    if (status == CUresult.CUDA_ERROR_NOT_FOUND) {
      throw new InputException(ptx.name() + ".ptx", null, "it has no variable '" + name + "'", null);
    }
    context.check("cuModuleGetGlobal", () -> name + " of the " + this, status);
    return new CudaBuffer(this, pointer, bytes[0]);
  }

  @Override
  int free() {
    return JCudaDriver.cuModuleUnload(handle);
  }

  @Override
  public String toString() {
    return "module " + ptx.name();
  }
}
