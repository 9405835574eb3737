package io.galvani.cable;

import io.galvani.InputException;
import io.galvani.cell.CompiledCell;
import java.util.ArrayList;
import java.util.List;

/**
 * How a population of the direct engine is built.
 *
 * @param cells how many
 * @param dt ms
 * @param vInit mV, everywhere at t = 0
 * @param celsius degC
 * @param precision floats
 * @param rates how gates are evaluated
 * @param threads over blocks of cells; results do not depend on it
 * @param stimuli on every cell
 * @param variations what differs from cell to cell
 */
public record CableOptions(int cells, double dt, double vInit, double celsius, Precision precision, Rates rates,
    int threads, List<Stimulus> stimuli, List<Variation> variations) {

  public CableOptions {
    require(cells >= 1 && cells <= 100_000_000, "cells", cells, "1…100,000,000");
    require(dt > 0 && dt <= 10, "dt", dt, "above 0 and at most 10 ms");
    require(vInit >= -500 && vInit <= 500, "v_init", vInit, "−500…500 mV");
    require(celsius > -100 && celsius < 200, "celsius", celsius, "−100…200 degC");
    require(threads >= 1 && threads <= 4096, "threads", threads, "1…4096");
    stimuli = List.copyOf(stimuli);
    variations = List.copyOf(variations);
    for (Variation v : variations) {
      if (v.values().length != cells) {
        throw new InputException("variation", v.target(), v.values().length + " values for " + cells + " cells", null);
      }
    }
  }

  private static void require(boolean holds, String name, Object value, String range) {
    if (!holds) {
      throw new InputException(name, null, value + " is out of range", "Allowed: " + range);
    }
  }

  /** One cell as its author asks: its own v_init, celsius and dt, float64, exact rates, one thread. */
  public static CableOptions of(CompiledCell cell) {
    var d = cell.defaults();
    return new CableOptions(1, d.dt(), d.vInit(), d.celsius(), Precision.F64, Rates.EXACT, 1, List.of(), List.of());
  }

  public CableOptions cells(int n) {
    return new CableOptions(n, dt, vInit, celsius, precision, rates, threads, stimuli, variations);
  }

  public CableOptions dt(double ms) {
    return new CableOptions(cells, ms, vInit, celsius, precision, rates, threads, stimuli, variations);
  }

  public CableOptions vInit(double mV) {
    return new CableOptions(cells, dt, mV, celsius, precision, rates, threads, stimuli, variations);
  }

  public CableOptions celsius(double degC) {
    return new CableOptions(cells, dt, vInit, degC, precision, rates, threads, stimuli, variations);
  }

  public CableOptions precision(Precision p) {
    return new CableOptions(cells, dt, vInit, celsius, p, rates, threads, stimuli, variations);
  }

  public CableOptions rates(Rates r) {
    return new CableOptions(cells, dt, vInit, celsius, precision, r, threads, stimuli, variations);
  }

  public CableOptions threads(int n) {
    return new CableOptions(cells, dt, vInit, celsius, precision, rates, n, stimuli, variations);
  }

  /** Adds a stimulus. */
  public CableOptions stimulus(Stimulus s) {
    var all = new ArrayList<>(stimuli);
    all.add(s);
    return new CableOptions(cells, dt, vInit, celsius, precision, rates, threads, all, variations);
  }

  /** Adds a variation; set {@link #cells(int)} first. */
  public CableOptions vary(Variation v) {
    var all = new ArrayList<>(variations);
    all.add(v);
    return new CableOptions(cells, dt, vInit, celsius, precision, rates, threads, stimuli, all);
  }
}
