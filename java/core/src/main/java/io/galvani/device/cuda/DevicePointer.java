package io.galvani.device.cuda;

import jcuda.driver.CUdeviceptr;

/** A device pointer whose number can be read. */
final class DevicePointer extends CUdeviceptr {
  long address() {
    return getNativePointer() + getByteOffset();
  }
}
