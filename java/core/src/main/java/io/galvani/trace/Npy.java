package io.galvani.trace;

import io.galvani.InputException;
import io.galvani.io.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An array in NumPy's {@code .npy} format: little-endian float32 or float64, one to three dimensions. Written in C
 * order, read in Fortran order too.
 *
 * @param type as stored
 * @param shape one to three extents
 * @param values in C order, row by row
 */
public record Npy(Type type, int[] shape, double[] values) {
  /** Floats of the file. */
  public enum Type {
    F4("<f4", Float.BYTES), F8("<f8", Double.BYTES);

    final String descr;
    final int bytes;

    Type(String descr, int bytes) {
      this.descr = descr;
      this.bytes = bytes;
    }

    /** An array of this type. */
    public Npy of(double[] values, int... shape) {
      return new Npy(this, shape, values);
    }

    void put(ByteBuffer to, double value) {
      if (this == F4) {
        to.putFloat((float) value);
      } else {
        to.putDouble(value);
      }
    }

    double get(ByteBuffer from) {
      return this == F4 ? from.getFloat() : from.getDouble();
    }
  }

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9,\\s]*)\\)");

  public Npy {
    long n = Arrays.stream(shape).asLongStream().reduce(1, Math::multiplyExact);
    if (shape.length < 1 || shape.length > 3 || n != values.length) {
      throw new IllegalArgumentException(values.length + " values for shape " + Arrays.toString(shape));
    }
  }

  /** Number of rows; 1 for a one-dimensional array. */
  public int rows() {
    return shape.length == 1 ? 1 : shape[0];
  }

  /** Number of values in a row: all that lies under one index of the first dimension; the length of a one-dimensional array. */
  public int columns() {
    return switch (shape.length) {
      case 1 -> shape[0];
      case 2 -> shape[1];
      default -> shape[1] * shape[2];
    };
  }

  public double[] row(int i) {
    return Arrays.copyOfRange(values, i * columns(), (i + 1) * columns());
  }

  public double[] column(int j) {
    double[] c = new double[rows()];
    Arrays.setAll(c, i -> values[i * columns() + j]);
    return c;
  }

  /**
   * Reads a file.
   *
   * @throws InputException if it is not such an array, is truncated or has bytes to spare
   */
  public static Npy read(Path file) {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return read(file, channel);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  private static Npy read(Path file, FileChannel channel) throws IOException {
    ByteBuffer start = piece(channel, 0, 12);
    if (start.remaining() < 12 || !Arrays.equals(Arrays.copyOf(start.array(), MAGIC.length), MAGIC)) {
      throw bad(file, "is not a NumPy array (.npy)");
    }
    int version = start.get(6);
    if (version != 1 && version != 2) {
      throw bad(file, "has .npy version " + version + "; 1 and 2 are read");
    }
    int from = version == 1 ? 10 : 12;
    long length = version == 1 ? Short.toUnsignedLong(start.getShort(8)) : Integer.toUnsignedLong(start.getInt(8));
    if (from + length > channel.size() || length > 1 << 20) {
      throw bad(file, "is truncated: its header says " + length + " bytes of a file of " + channel.size());
    }
    String header = StandardCharsets.ISO_8859_1.decode(piece(channel, from, (int) length)).toString();
    Type type = type(file, field(file, header, DESCR, "descr"));
    boolean fortran = field(file, header, ORDER, "fortran_order").equals("True");
    int[] shape = shape(file, field(file, header, SHAPE, "shape"));
    long count = count(shape);
    long data = from + length;
    if (count > Long.MAX_VALUE / type.bytes || channel.size() - data != count * type.bytes) {
      throw bad(file, "holds " + (channel.size() - data) + " bytes of data where shape " + Arrays.toString(shape)
          + " of " + type.descr + " takes " + count * type.bytes);
    }
    if (count > Integer.MAX_VALUE - 8) {
      throw bad(file, "holds " + count + " values, more than fit into an array");
    }
    double[] values = new double[(int) count];
    int atOnce = 1 << 16;
    for (int i = 0; i < values.length; ) {
      ByteBuffer b = piece(channel, data + (long) i * type.bytes, Math.min(atOnce, values.length - i) * type.bytes);
      while (b.hasRemaining()) {
        values[i++] = type.get(b);
      }
    }
    return new Npy(type, shape, fortran ? inOrder(values, shape) : values);
  }

  /** Number of elements; the largest long if they cannot be counted. */
  private static long count(int[] shape) {
    try {
      return Arrays.stream(shape).asLongStream().reduce(1, Math::multiplyExact);
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }

  /** From Fortran order, where the first index runs fastest, to C order. */
  private static double[] inOrder(double[] fortran, int[] shape) {
    int[] s = {shape[0], shape.length > 1 ? shape[1] : 1, shape.length > 2 ? shape[2] : 1};
    double[] values = new double[fortran.length];
    for (int i = 0, n = 0; i < s[0]; i++) {
      for (int j = 0; j < s[1]; j++) {
        for (int k = 0; k < s[2]; k++) {
          values[n++] = fortran[i + s[0] * (j + s[1] * k)];
        }
      }
    }
    return values;
  }

  /** Writes the array; a kill at any moment leaves the old file or the new one. */
  public void write(Path file) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(Math.multiplyExact(values.length, type.bytes)).order(ByteOrder.LITTLE_ENDIAN);
    for (double v : values) {
      type.put(b, v);
    }
    String extents = Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(", "));
    AtomicFile.write(file, List.of(header(type, "(" + extents + (shape.length == 1 ? ",)" : ")")), b.flip()));
  }

  /** Writes a one-dimensional array. */
  public static void write(Path file, Type type, double[] values) throws IOException {
    new Npy(type, new int[] {values.length}, values).write(file);
  }

  /** A version-1 header, padded so that the data begin at a multiple of 64 bytes. */
  static ByteBuffer header(Type type, String shape) {
    String dict = "{'descr': '" + type.descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
    int total = (10 + dict.length() + 1 + 63) / 64 * 64;
    ByteBuffer b = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    b.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (total - 10));
    b.put(dict.getBytes(StandardCharsets.ISO_8859_1));
    while (b.position() < total - 1) {
      b.put((byte) ' ');
    }
    return b.put((byte) '\n').flip();
  }

  private static ByteBuffer piece(FileChannel channel, long position, int bytes) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (b.hasRemaining() && channel.read(b, position + b.position()) >= 0) { }
    return b.flip();
  }

  private static Type type(Path file, String descr) {
    for (Type t : Type.values()) {
      if (t.descr.equals(descr)) {
        return t;
      }
    }
    throw bad(file, "holds values of type " + descr + ". Save it as little-endian float64 or float32");
  }

  private static int[] shape(Path file, String text) {
    try {
      int[] shape = Arrays.stream(text.split(",")).map(String::strip).filter(s -> !s.isEmpty())
          .mapToInt(Integer::parseInt).toArray();
      if (shape.length >= 1 && shape.length <= 3) {
        return shape;
      }
    } catch (NumberFormatException e) {
      // the message below says it
    }
    throw bad(file, "has shape (" + text.strip() + "); one to three dimensions are read");
  }

  private static String field(Path file, String header, Pattern pattern, String name) {
    var m = pattern.matcher(header);
    if (!m.find()) {
      throw bad(file, "has a header without a valid '" + name + "'");
    }
    return m.group(1);
  }

  private static InputException bad(Path file, String fault) {
    return new InputException(file.toString(), null, fault, null);
  }
}
