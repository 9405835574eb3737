package io.galvani.device.cpu;

import io.galvani.InputException;
import io.galvani.Population;
import io.galvani.cable.CableOptions;
import io.galvani.cell.CompiledCell;
import io.galvani.device.Device;
import io.galvani.device.cpu.abi.Galvani;
import io.galvani.mechanism.Catalogue;
import io.galvani.mechanism.Mechanism;
import io.galvani.surrogate.Output;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.SurrogateEngine;
import io.galvani.surrogate.SurrogateOptions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;

/** The CPU, through the native library: the embedded default. */
public final class CpuDevice implements Device {
  private static final CpuDevice DEVICE = new CpuDevice();

  private CpuDevice() {}

  /** The device; loads the native library on first use. */
  public static CpuDevice get() {
    NativeLibrary.load();
    return DEVICE;
  }

  /** The instruction set that populations use. */
  public static InstructionSet instructionSet() {
    return InstructionSet.chosen();
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public String description() {
    return Runtime.getRuntime().availableProcessors() + " processors, " + instructionSet().name().toLowerCase();
  }

  @Override
  public Population population(CompiledCell cell, CableOptions options) {
    return new CpuPopulation(cell, options, instructionSet());
  }

  @Override
  public SurrogateEngine engine(Plan plan, List<Output> outputs, SurrogateOptions options) {
    return new CpuSurrogateEngine(plan, outputs, options, instructionSet());
  }

  /**
   * Steady states and time constants of a mechanism's gates.
   *
   * @param x voltages in mV, or cai in mM for a calcium-gated mechanism
   * @param parameters those that differ from the defaults
   * @return [2·gate + 0 for inf, + 1 for tau in ms][x]; gates in the order of the mechanism's states; empty if it has none
   */
  public static double[][] rates(String mechanism, double[] x, double celsius, Map<String, Double> parameters) {
    NativeLibrary.load();
    Mechanism m = Catalogue.builtIn().require(mechanism, "rates", null);
    double[] values = m.defaults();
    parameters.forEach((name, value) -> values[m.require(name, "rates", mechanism)] = value);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment gates = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment out = arena.allocate(ValueLayout.JAVA_DOUBLE, 2L * Math.max(1, m.states().size()) * Math.max(1, x.length));
      Status.check("rates of " + mechanism, Galvani.gv_rates(arena.allocateFrom(mechanism),
          arena.allocateFrom(ValueLayout.JAVA_DOUBLE, values), celsius, x.length,
          arena.allocateFrom(ValueLayout.JAVA_DOUBLE, x), gates, out));
      double[][] rates = new double[2 * gates.get(ValueLayout.JAVA_INT, 0)][x.length];
      for (int i = 0; i < rates.length; i++) {
        MemorySegment.copy(out, ValueLayout.JAVA_DOUBLE, 8L * i * x.length, rates[i], 0, x.length);
      }
      return rates;
    }
  }

  /**
   * How far the polynomial rates of a mechanism may be from its own, absolutely.
   *
   * @param state of the gate
   * @param steadyState error of inf
   * @param approach error of 1 − exp(−dt/tau)
   * @param segments pieces over −120…80 mV
   */
  public record PolynomialBound(String state, double steadyState, double approach, int segments) {}

  /**
   * The computed error bounds of a mechanism's polynomial rates, a gate each; none if nothing in it depends on voltage alone.
   *
   * @param single float32 (precision mixed, f32) and not float64
   */
  public static PolynomialBound[] polynomialBounds(String mechanism, double celsius, double dt, boolean single) {
    NativeLibrary.load();
    Mechanism m = Catalogue.builtIn().require(mechanism, "polynomial rates", null);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment counts = arena.allocate(ValueLayout.JAVA_INT, 2);
      MemorySegment out = arena.allocate(ValueLayout.JAVA_DOUBLE, 2L * Math.max(1, m.states().size()));
      Status.check("polynomial rates of " + mechanism, Galvani.gv_poly_bound(arena.allocateFrom(mechanism), celsius, dt,
          instructionSet().ordinal(), single ? 1 : 0, counts, counts.asSlice(4), out));
      var bounds = new PolynomialBound[counts.getAtIndex(ValueLayout.JAVA_INT, 0)];
      for (int g = 0; g < bounds.length; g++) {
        bounds[g] = new PolynomialBound(m.states().get(g), out.getAtIndex(ValueLayout.JAVA_DOUBLE, 2L * g),
            out.getAtIndex(ValueLayout.JAVA_DOUBLE, 2L * g + 1), counts.getAtIndex(ValueLayout.JAVA_INT, 1));
      }
      return bounds;
    } catch (IllegalArgumentException e) {
      throw new InputException("polynomial rates", mechanism, e.getMessage(), null);
    }
  }

  /**
   * The polynomial rates of a mechanism in the form in which a GPU reads them ({@code kernels/cable/cubics.h}).
   *
   * @param perMillivolt by which v, and {@code origin} more, counts pieces from the middle of the first
   * @param segments equal pieces of v; 0 if nothing in it depends on voltage alone
   * @param coefficients [segment][gate][inf, 1 − exp(−dt/tau)][4] of u = −½…½, lowest power first
   */
  public record Cubics(float perMillivolt, float origin, int segments, float[] coefficients) {}

  /**
   * Makes them. Their error is as low as that of the polynomials of this processor.
   *
   * @param single float32 (precision mixed, f32) and not float64
   */
  public static Cubics cubics(String mechanism, double celsius, double dt, boolean single) {
    NativeLibrary.load();
    Mechanism m = Catalogue.builtIn().require(mechanism, "polynomial rates", null);
    long curves = 2L * Math.max(1, m.states().size());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment counts = arena.allocate(ValueLayout.JAVA_INT, 2);
      MemorySegment place = arena.allocate(ValueLayout.JAVA_FLOAT, 2);
      MemorySegment coefficients = arena.allocate(ValueLayout.JAVA_FLOAT, 4 * curves * Galvani.GV_POLY_SEGMENTS());
      MemorySegment bound = arena.allocate(ValueLayout.JAVA_DOUBLE, curves);
      Status.check("polynomial rates of " + mechanism, Galvani.gv_poly_cubics(arena.allocateFrom(mechanism), celsius, dt, single ? 1 : 0,
          counts, counts.asSlice(4), place, coefficients, bound));
      int segments = counts.getAtIndex(ValueLayout.JAVA_INT, 1);
      long used = 8L * counts.getAtIndex(ValueLayout.JAVA_INT, 0) * segments;
      return new Cubics(place.getAtIndex(ValueLayout.JAVA_FLOAT, 0), place.getAtIndex(ValueLayout.JAVA_FLOAT, 1), segments,
          coefficients.asSlice(0, used * Float.BYTES).toArray(ValueLayout.JAVA_FLOAT));
    }
  }
}
