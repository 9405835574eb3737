package io.galvani;

/** Anything Galvani refuses or fails at. The message says what, where and what to do about it. */
public class GalvaniException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public GalvaniException(String message) {
    super(message);
  }

  public GalvaniException(String message, Throwable cause) {
    super(message, cause);
  }
}
