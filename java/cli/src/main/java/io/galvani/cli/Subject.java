package io.galvani.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.galvani.Population;
import io.galvani.Slot;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Precision;
import io.galvani.cable.Stimulus;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.Fingerprint;
import io.galvani.device.Device;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.SurrogatePrecision;
import io.galvani.trace.Npy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;

/** What a run simulates, with its options. */
sealed interface Subject {
  /** Where events may arrive. */
  List<Slot> slots();

  /** The grid in ms. */
  double step();

  /** Number of cells. */
  int cells();

  /** How samples are written. */
  Npy.Type samples();

  Population population(Device device);

  /** Says in {@code run.json} what is needed to repeat it; {@code name} is what the user calls it. */
  void describe(String name, double tstop, ObjectNode run) throws IOException;

  /** A cell of the direct engine. */
  record Cell(CompiledCell cell, CableOptions options, List<Assignment> assignments) implements Subject {
    @Override
    public List<Slot> slots() {
      return cell.slots();
    }

    @Override
    public double step() {
      return options.dt();
    }

    @Override
    public int cells() {
      return options.cells();
    }

    @Override
    public Npy.Type samples() {
      return options.precision() == Precision.F64 ? Npy.Type.F8 : Npy.Type.F4;
    }

    @Override
    public Population population(Device device) {
      return device.population(cell, options);
    }

    @Override
    public void describe(String name, double tstop, ObjectNode run) throws IOException {
      run.putObject("cell").put("name", name).put("sha256", cell.fingerprint());
      run.putObject("options").put("cells", options.cells()).put("tstop_ms", tstop).put("dt_ms", options.dt())
          .put("v_init_mV", options.vInit()).put("celsius", options.celsius())
          .put("precision", options.precision().name().toLowerCase()).put("rates", options.rates().name().toLowerCase());
      var stimuli = run.putArray("stimuli");
      for (Stimulus s : options.stimuli()) {
        var o = stimuli.addObject().put("mechanism", s.mechanism()).put("at", s.at().toString());
        new TreeMap<>(s.parameters()).forEach(o::put);
      }
      var set = run.putArray("set");
      for (Assignment a : assignments) {
        var o = set.addObject().put("target", a.target()).put("value", a.value());
        if (a.file() != null) {
          o.put("sha256", hash(a.file()));
        }
      }
    }
  }

  /** A surrogate, from a file. */
  record Network(Path file, Surrogate surrogate, SurrogateOptions options) implements Subject {
    @Override
    public List<Slot> slots() {
      return surrogate.slots().stream().map(s -> s.slot()).toList();
    }

    @Override
    public double step() {
      return surrogate.sample();
    }

    @Override
    public int cells() {
      return options.cells();
    }

    @Override
    public Npy.Type samples() {
      return options.precision() == SurrogatePrecision.F64 ? Npy.Type.F8 : Npy.Type.F4;
    }

    @Override
    public Population population(Device device) {
      return device.population(surrogate, options);
    }

    @Override
    public void describe(String name, double tstop, ObjectNode run) throws IOException {
      run.putObject("surrogate").put("name", name).put("sha256", hash(file));
      run.putObject("options").put("cells", options.cells()).put("tstop_ms", tstop).put("sample_ms", surrogate.sample())
          .put("precision", options.precision().name().toLowerCase());
    }
  }

  /** SHA-256 of a file. */
  static String hash(Path file) throws IOException {
    return new Fingerprint().add(Files.readAllBytes(file)).hex();
  }
}
