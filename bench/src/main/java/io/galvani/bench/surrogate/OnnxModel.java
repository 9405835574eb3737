package io.galvani.bench.surrogate;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.galvani.GalvaniException;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.OnnxFile;
import io.galvani.surrogate.Surrogate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** A network exported as ONNX, in ONNX Runtime. */
final class OnnxModel implements AutoCloseable {
  private static final String NAME = "bench";
  private static final OrtEnvironment RUNTIME = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);

  private final OrtSession session;

  /** Writes the file. */
  private interface Export {
    void to(Path file, Surrogate surrogate) throws IOException;
  }

  private OnnxModel(Network network, int threads, Export export) {
    try (var options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      Path file = Files.createTempFile("galvani-bench", ".onnx");
      try {
        export.to(file, Surrogate.of(NAME, network));
        session = RUNTIME.createSession(file.toString(), options);
      } finally {
        Files.delete(file);
      }
    } catch (OrtException e) {
      throw failed(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static OnnxModel whole(Network network, int threads) {
    return new OnnxModel(network, threads, (file, s) -> OnnxFile.write(file, NAME, s));
  }

  static OnnxModel incremental(Network network, int threads) {
    return new OnnxModel(network, threads, (file, s) -> OnnxFile.writeIncremental(file, NAME, s));
  }

  /** The extents of an input after the cells. */
  int[] extents(String input) {
    try {
      long[] shape = ((ai.onnxruntime.TensorInfo) session.getInputInfo().get(input).getInfo()).getShape();
      return new int[] {(int) shape[1], (int) shape[2]};
    } catch (OrtException e) {
      throw failed(e);
    }
  }

  /** A tensor over a direct buffer, whose later content it has too. */
  OnnxTensor tensor(FloatBuffer values, long... shape) {
    try {
      return OnnxTensor.createTensor(RUNTIME, values, shape);
    } catch (OrtException e) {
      throw failed(e);
    }
  }

  OrtSession.Result run(Map<String, OnnxTensor> inputs, String... outputs) {
    try {
      return session.run(inputs, Set.of(outputs));
    } catch (OrtException e) {
      throw failed(e);
    }
  }

  static OnnxTensor tensor(OrtSession.Result result, String output) {
    return (OnnxTensor) result.get(output).orElseThrow();
  }

  static FloatBuffer floats(OrtSession.Result result, String output) {
    return tensor(result, output).getFloatBuffer();
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw failed(e);
    }
  }

  private static GalvaniException failed(OrtException e) {
    return new GalvaniException("ONNX Runtime: " + e.getMessage(), e);
  }
}
