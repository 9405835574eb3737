package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import java.util.Set;
import jcuda.driver.CUresult;

/** A call that the CUDA driver refused. Names call, subject, status and remedy. */
public final class CudaException extends GalvaniException {
  private static final long serialVersionUID = 1L;

  /** After these nothing that was on the device can be used. */
  private static final Set<Integer> LOSSES = Set.of(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
      CUresult.CUDA_ERROR_ASSERT, CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR, CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
      CUresult.CUDA_ERROR_MISALIGNED_ADDRESS, CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE, CUresult.CUDA_ERROR_INVALID_PC,
      CUresult.CUDA_ERROR_LAUNCH_FAILED, CUresult.CUDA_ERROR_ECC_UNCORRECTABLE, CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
      CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED, CUresult.CUDA_ERROR_EXTERNAL_DEVICE, CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE);

  private final int status;

  /**
   * @param subject what the call was about, with sizes; may be empty
   * @param detail what else is known, a sentence; may be empty
   */
  CudaException(String call, String subject, int status, String detail) {
    super(call + (subject.isEmpty() ? "" : " of " + subject) + ": " + CUresult.stringFor(status)
        + (detail.isEmpty() ? "" : ". " + detail) + ". " + remedy(status));
    this.status = status;
  }

  /** A call refused because an earlier failure lost the device. */
  CudaException(CudaException loss) {
    super("The device was lost before: " + loss.getMessage(), loss);
    this.status = loss.status;
  }

  /** The driver's status, a {@code CUresult}. */
  public int status() {
    return status;
  }

  /** Whether all that was on the device is lost: buffers, modules, streams. */
  public boolean deviceLost() {
    return isLoss(status);
  }

  static boolean isLoss(int status) {
    return LOSSES.contains(status);
  }

  /** One sentence of what to do about a status. */
  static String remedy(int status) {
    return switch (status) {
      case CUresult.CUDA_ERROR_OUT_OF_MEMORY ->
          "Use fewer cells, mixed or f32 precision, record less, or end what else uses the GPU (nvidia-smi lists it)";
      case CUresult.CUDA_ERROR_NO_DEVICE -> "Check with nvidia-smi that the GPU is seen and CUDA_VISIBLE_DEVICES does not hide it";
      case CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION, CUresult.CUDA_ERROR_INVALID_PTX, CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU,
          CUresult.CUDA_ERROR_JIT_COMPILER_NOT_FOUND, CUresult.CUDA_ERROR_JIT_COMPILATION_DISABLED ->
          "Update the NVIDIA driver to R525 or later, and unset CUDA_DISABLE_PTX_JIT";
      case CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, CUresult.CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE,
          CUresult.CUDA_ERROR_SYSTEM_NOT_READY, CUresult.CUDA_ERROR_UNKNOWN, CUresult.CUDA_ERROR_OPERATING_SYSTEM ->
          "Reboot after an update of the driver; nvidia-smi must run";
      case CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE -> "Another process has the GPU for itself: end it, or choose another GPU";
      case CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES -> "Launch fewer threads a block";
      case CUresult.CUDA_ERROR_LAUNCH_TIMEOUT -> "Use a GPU that drives no display, or advance in shorter intervals";
      case CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
          CUresult.CUDA_ERROR_STREAM_CAPTURE_IMPLICIT -> "Leave out of a graph what waits, allocates or copies at once";
      case CUresult.CUDA_ERROR_ECC_UNCORRECTABLE, CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE, CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR ->
          "The hardware failed: run again, and replace it if that repeats";
      default -> isLoss(status)
          ? "What was on the device is lost: close it and open it anew; compute-sanitizer finds the access at fault"
          : "This should not have happened: report it with what `galvani doctor` prints";
    };
  }
}
