package io.galvani.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.trace.Npy.Type;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
  @TempDir Path dir;

  /** Written by NumPy 1.24: {@code np.save} of a C and a Fortran array, {@code np.lib.format.write_array(…, version=(2, 0))}. */
  @ParameterizedTest
  @ValueSource(strings = {"v1_f8_2x3.npy", "v2_f4_2x3.npy", "v1_f8_2x3_fortran.npy"})
  void readsWhatNumPyWrites(String name) throws IOException {
    Path file = dir.resolve(name);
    Files.copy(NpyTest.class.getResourceAsStream(name), file);
    Npy a = Npy.read(file);
    assertArrayEquals(new int[] {2, 3}, a.shape());
    assertArrayEquals(new double[] {1.5, -2.25, 3}, a.row(0));
    assertArrayEquals(new double[] {3, 6}, a.column(2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"False", "True"})
  void readsThreeDimensions(String fortran) throws IOException {
    byte[] all = file("{'descr': '<f8', 'fortran_order': " + fortran + ", 'shape': (2, 3, 1)}", 7, 10, 13, 8, 11, 14);
    Npy a = Npy.read(Files.write(dir.resolve("a.npy"), all));
    assertEquals(2, a.rows());
    assertEquals(3, a.columns());
    assertArrayEquals(fortran.equals("True") ? new double[] {7, 13, 11, 10, 8, 14} : new double[] {7, 10, 13, 8, 11, 14}, a.values());
    assertEquals(fortran.equals("True") ? 10 : 8, a.row(1)[0]);
  }

  @Test
  void writesByteForByteWhatNumPyWrites() throws IOException {
    Path file = dir.resolve("a.npy");
    try (var out = new NpyWriter(file, Type.F8, 2, 3)) {
      out.write(1, new double[][] {{-2.25, 3}, {5, 6}});
      out.write(0, new double[][] {{1.5}, {4}});
    }
    byte[] numPy = NpyTest.class.getResourceAsStream("v1_f8_2x3.npy").readAllBytes();
    assertArrayEquals(numPy, Files.readAllBytes(file));
  }

  @ParameterizedTest
  @CsvSource({"F4, 0", "F4, 1", "F8, 7", "F8, 70000"})
  void roundTrips(Type type, int n) throws IOException {
    double[] values = new double[n];
    Arrays.setAll(values, i -> i / 4.0);
    Npy.write(dir.resolve("a.npy"), type, values);
    Npy a = Npy.read(dir.resolve("a.npy"));
    assertEquals(type, a.type());
    assertArrayEquals(new int[] {n}, a.shape());
    assertArrayEquals(values, a.values());
  }

  @Test
  void aWriterContinuesAFile() throws IOException {
    Path file = dir.resolve("a.npy");
    try (var out = new NpyWriter(file, Type.F8, 1, 4)) {
      out.write(0, new double[][] {{1, 2, 9}});
    }
    try (var out = new NpyWriter(file, Type.F8, 1, 4)) {
      out.write(2, new double[][] {{3, 4}});
    }
    assertArrayEquals(new double[] {1, 2, 3, 4}, Npy.read(file).values());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "'<i4', 'fortran_order': False, 'shape': (1,)          | type <i4",
      "'>f8', 'fortran_order': False, 'shape': (1,)          | type >f8",
      "'<f8', 'fortran_order': False, 'shape': (1, 1, 1, 1)  | shape (1, 1, 1, 1)",
      "'<f8', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647)| bytes of data",
      "'<f8', 'fortran_order': False, 'shape': ()            | shape ()",
      "'<f8', 'fortran_order': False, 'shape': (99999999999,)| shape (99999999999,)",
      "'<f8', 'fortran_order': False, 'shape': (2,)          | 8 bytes of data where shape [2]",
      "'<f8', 'fortran_order': False, 'shape': (x,)          | 'shape'",
      "'<f8', 'shape': (1,)                                  | 'fortran_order'"})
  void refusesWhatItCannotRead(String fields, String says) throws IOException {
    refused(file("{'descr': " + fields + "}"), says);
  }

  @Test
  void refusesOtherFiles() throws IOException {
    refused(new byte[0], "not a NumPy array");
    refused("time_ms,cell,slot\n".getBytes(StandardCharsets.US_ASCII), "not a NumPy array");
    byte[] good = file("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}");
    refused(Arrays.copyOf(good, 20), "truncated");
    refused(Arrays.copyOf(good, good.length + 1), "9 bytes of data");
    good[6] = 3;
    refused(good, "version 3");
    var missing = assertThrows(InputException.class, () -> Npy.read(dir.resolve("none.npy")));
    assertTrue(missing.getMessage().contains("no such file"));
  }

  private void refused(byte[] content, String says) throws IOException {
    Path file = Files.write(dir.resolve("bad.npy"), content);
    var e = assertThrows(InputException.class, () -> Npy.read(file));
    assertTrue(e.getMessage().contains("bad.npy") && e.getMessage().contains(says), e.getMessage());
  }

  /** A version-1 file of the values, or one float64, with the given header. */
  private static byte[] file(String header, double... values) {
    byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = Arrays.copyOf(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) text.length, 0},
        10 + text.length + 8 * Math.max(1, values.length));
    System.arraycopy(text, 0, all, 10, text.length);
    ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).position(10 + text.length).asDoubleBuffer().put(values);
    return all;
  }
}
