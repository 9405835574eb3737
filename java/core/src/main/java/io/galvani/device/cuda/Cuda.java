package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** What this machine has of CUDA, asked once. A machine without is described in one sentence, never by an error. */
public final class Cuda {
  /** CUDA 12.0, whose drivers (R525) are the first to read the PTX of the kernels. */
  private static final int OLDEST_DRIVER = 12000;

  private static final Found FOUND = probe();

  private record Found(Optional<String> absence, int version, List<CudaGpu> gpus) {}

  private Cuda() {}

  /** Why no GPU can be used here; empty if one can. */
  public static Optional<String> absence() {
    return FOUND.absence;
  }

  /** All that the driver lists, with those that are too old; none where CUDA is absent. */
  public static List<CudaGpu> gpus() {
    return FOUND.gpus;
  }

  /**
   * The GPU of a number.
   *
   * @throws GalvaniException if it is not here or cannot be used
   */
  public static CudaGpu gpu(int ordinal) {
    FOUND.absence.ifPresent(reason -> {
      throw new GalvaniException("No GPU: " + reason);
    });
    if (ordinal < 0 || ordinal >= FOUND.gpus.size()) {
      throw new InputException("gpu", null, "there is no GPU " + ordinal, "They are numbered 0…" + (FOUND.gpus.size() - 1));
    }
    CudaGpu gpu = FOUND.gpus.get(ordinal);
    gpu.refusal().ifPresent(reason -> {
      throw new GalvaniException("GPU " + ordinal + " (" + gpu.name() + "): " + reason);
    });
    return gpu;
  }

  /** The driver, for the user: the CUDA version it offers, and its own where the system tells. */
  public static String driver() {
    return "CUDA " + number(FOUND.version) + release().map(r -> ", driver " + r).orElse("");
  }

  private static String number(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  private static Optional<String> release() {
    try {
      var first = Pattern.compile("\\b\\d{3}\\.\\d+(\\.\\d+)?\\b").matcher(Files.readString(Path.of("/proc/driver/nvidia/version")));
      return first.find() ? Optional.of(first.group()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Found absent(String reason) {
    return new Found(Optional.of(reason), 0, List.of());
  }

  private static Found probe() {
    String platform = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
    if (!platform.equals("Linux on amd64")) {
      return absent("it is used on Linux on x86-64 only; this is " + platform);
    }
    try {
      JCudaNatives.load("JCudaDriver", JCudaDriver.class);
      return ask();
    } catch (LinkageError e) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      return absent(reason.contains("libcuda.so.1: cannot open")
          ? "there is no NVIDIA driver (libcuda.so.1); install R525 or later to use a GPU"
          : "JCuda's library does not load: " + reason);
    } catch (GalvaniException e) {
      return absent(e.getMessage());
    }
  }

  private static Found ask() {
    check("cuInit", JCudaDriver.cuInit(0));
    int[] value = new int[1];
    check("cuDriverGetVersion", JCudaDriver.cuDriverGetVersion(value));
    int version = value[0];
    if (version < OLDEST_DRIVER) {
      return absent("the driver offers CUDA " + number(version) + ", the kernels need " + number(OLDEST_DRIVER)
          + "; update it to R525 or later");
    }
    check("cuDeviceGetCount", JCudaDriver.cuDeviceGetCount(value));
    int count = value[0];
    var gpus = new ArrayList<CudaGpu>();
    for (int i = 0; i < count; i++) {
      var device = new CUdevice();
      check("cuDeviceGet", JCudaDriver.cuDeviceGet(device, i));
      byte[] name = new byte[256];
      check("cuDeviceGetName", JCudaDriver.cuDeviceGetName(name, name.length, device));
      long[] memory = new long[1];
      check("cuDeviceTotalMem", JCudaDriver.cuDeviceTotalMem(memory, device));
      gpus.add(new CudaGpu(i, new String(name, StandardCharsets.UTF_8).split("\0", 2)[0],
          attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
          attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
          attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT), memory[0],
          attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)));
    }
    if (gpus.stream().allMatch(g -> g.refusal().isPresent())) {
      String reason = gpus.isEmpty() ? "the driver lists no GPU. " + CudaException.remedy(CUresult.CUDA_ERROR_NO_DEVICE)
          : gpus.getFirst().name() + ": " + gpus.getFirst().refusal().get();
      return new Found(Optional.of(reason), version, List.copyOf(gpus));
    }
    return new Found(Optional.empty(), version, List.copyOf(gpus));
  }

  private static int attribute(CUdevice device, int which) {
    int[] value = new int[1];
    check("cuDeviceGetAttribute", JCudaDriver.cuDeviceGetAttribute(value, which, device));
    return value[0];
  }

  private static void check(String call, int status) {
    if (status != CUresult.CUDA_SUCCESS) {
      throw new CudaException(call, "", status, "");
    }
  }
}
