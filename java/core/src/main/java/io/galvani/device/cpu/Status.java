package io.galvani.device.cpu;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.device.cpu.abi.Galvani;

/** The one way in which a call into the native library fails. */
final class Status {
  private Status() {}

  /** Turns a status other than GV_OK into an exception with the library's text. */
  static void check(String call, int status) {
    if (status == Galvani.GV_OK()) {
      return;
    }
    String text = Galvani.gv_last_error().reinterpret(Long.MAX_VALUE).getString(0);
    if (status == Galvani.GV_INVALID()) {
      throw new InputException(call, null, text, null);
    }
    if (status == Galvani.GV_OUT_OF_MEMORY()) {
      throw new GalvaniException(call + ": out of native memory. Use fewer cells, mixed or f32 precision, or record less");
    }
    throw new GalvaniException(call + ": " + text);
  }
}
