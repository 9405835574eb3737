package io.galvani.device.cuda;

import jcuda.driver.CUdeviceptr;

/** A device pointer whose number can be read. */
final class DevicePointer extends CUdeviceptr {
  DevicePointer() {}

  /** The pointer of a number. */
  DevicePointer(long address) {
    super(new DevicePointer(), address);
  }

  long address() {
    return getNativePointer() + getByteOffset();
  }
}
