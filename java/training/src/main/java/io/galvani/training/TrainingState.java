package io.galvani.training;

import io.galvani.InputException;
import io.galvani.io.AtomicFile;
import io.galvani.training.Training.Point;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** All that a training needs to go on, but its place in the data: in memory, and in a file that is whole or not there. */
final class TrainingState {
  private static final String MAGIC = "galvani training 2";

  private final String identity;
  final Learner learner;
  final List<Point> curve = new ArrayList<>();
  double seconds;

  /** The beginning. */
  TrainingState(String identity, Learner learner) {
    this.identity = identity;
    this.learner = learner;
  }

  /** Adds a point, and keeps the weights if they are the best so far. */
  void add(Point point) {
    if (curve.stream().allMatch(p -> p.score() < point.score())) {
      learner.weights().keep();
    }
    curve.add(point);
  }

  /** When the best weights were found, in seconds; 0 before there are any. */
  double bestAt() {
    Point at = null;
    for (Point p : curve) {
      at = at == null || p.score() > at.score() ? p : at;
    }
    return at == null ? 0 : at.seconds();
  }

  /** The learning curve. */
  String csv() {
    var text = new StringBuilder(Point.HEADER).append('\n');
    curve.forEach(p -> text.append(p.csv()).append('\n'));
    return text.toString();
  }

  /** Writes it. */
  void write(Path file) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    out.writeUTF(MAGIC);
    out.writeUTF(identity);
    out.writeDouble(seconds);
    out.writeInt(curve.size());
    for (Point p : curve) {
      out.writeDouble(p.seconds());
      out.writeLong(p.updates());
      for (double x : new double[] {p.loss(), p.pooled(), p.mean(), p.precision(), p.recall()}) {
        out.writeDouble(x);
      }
    }
    learner.weights().write(out);
    var crc = new CRC32C();
    crc.update(bytes.toByteArray());
    out.writeLong(crc.getValue());
    AtomicFile.write(file, List.of(ByteBuffer.wrap(bytes.toByteArray())));
  }

  /**
   * Goes on with what was written.
   *
   * @throws InputException if it is damaged, or of another training
   */
  void read(Path file) {
    try {
      byte[] all = Files.readAllBytes(file);
      var crc = new CRC32C();
      crc.update(all, 0, Math.max(0, all.length - Long.BYTES));
      if (all.length < Long.BYTES || ByteBuffer.wrap(all).getLong(all.length - Long.BYTES) != crc.getValue()) {
        throw new InputException(file.toString(), null, "is not the state of a training, or damaged", "Remove it, and begin anew");
      }
      var in = new DataInputStream(new ByteArrayInputStream(all));
      String magic = in.readUTF();
      String its = in.readUTF();
      if (!magic.equals(MAGIC) || !its.equals(identity)) {
        throw new InputException(file.toString(), null, "is the state of another training: " + its,
            "Give the protocol, kind and seed of that one");
      }
      seconds = in.readDouble();
      int points = in.readInt();
      for (int i = 0; i < points; i++) {
        curve.add(new Point(in.readDouble(), in.readLong(), in.readDouble(), in.readDouble(), in.readDouble(), in.readDouble(),
            in.readDouble()));
      }
      learner.weights().read(in);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }
}
