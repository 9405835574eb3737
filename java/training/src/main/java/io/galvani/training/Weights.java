package io.galvani.training;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** The weights of a network in training, with Adam's moments of them and the best that they have been. */
public final class Weights {
  private final List<float[][]> present;
  private final Adam adam;
  private final List<float[][]> best;

  /** @param present which Adam changes; they are the best until others are {@link #keep kept} */
  public Weights(List<float[][]> present, Adam adam) {
    this.present = present;
    this.adam = adam;
    best = Adam.zeros(present);
    keep();
  }

  /** Number of updates so far. */
  public long updates() {
    return adam.updates();
  }

  /** Remembers the present ones as the best. */
  public void keep() {
    copy(present, best);
  }

  /** Goes back to the best. */
  public void goBack() {
    copy(best, present);
  }

  private static void copy(List<float[][]> from, List<float[][]> to) {
    for (int p = 0; p < from.size(); p++) {
      for (int r = 0; r < from.get(p).length; r++) {
        System.arraycopy(from.get(p)[r], 0, to.get(p)[r], 0, from.get(p)[r].length);
      }
    }
  }

  private List<List<float[][]>> all() {
    return List.of(present, adam.mean, adam.square, best);
  }

  /** Writes all of it. */
  public void write(DataOutputStream out) throws IOException {
    out.writeLong(adam.updates());
    for (List<float[][]> of : all()) {
      for (float[][] parameter : of) {
        for (float[] row : parameter) {
          var bytes = ByteBuffer.allocate(row.length * Float.BYTES);
          bytes.asFloatBuffer().put(row);
          out.write(bytes.array());
        }
      }
    }
  }

  /** Reads what was written of weights of the same sizes. */
  public void read(DataInputStream in) throws IOException {
    adam.resume(in.readLong());
    for (List<float[][]> of : all()) {
      for (float[][] parameter : of) {
        for (float[] row : parameter) {
          byte[] bytes = new byte[row.length * Float.BYTES];
          in.readFully(bytes);
          ByteBuffer.wrap(bytes).asFloatBuffer().get(row);
        }
      }
    }
  }
}
