package io.galvani.device;

import io.galvani.Population;
import io.galvani.cable.CableOptions;
import io.galvani.cell.CompiledCell;
import io.galvani.surrogate.Output;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateEngine;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.SurrogatePopulation;
import java.util.List;

/** Something that integrates populations: the CPU, a GPU. */
public interface Device {
  /** Short name, such as {@code cpu}. */
  String name();

  /** One line for the user: what it is and which instruction set or architecture it uses. */
  String description();

  /**
   * Builds a population of the direct engine.
   *
   * @throws io.galvani.InputException if options and cell do not fit: an unknown section, slot, parameter
   */
  Population population(CompiledCell cell, CableOptions options);

  /**
   * Builds a population of surrogates.
   *
   * @throws io.galvani.InputException if options and network do not fit
   */
  default Population population(Surrogate surrogate, SurrogateOptions options) {
    return new SurrogatePopulation(surrogate, options, engine(Plan.of(surrogate.network()), surrogate.outputs(), options));
  }

  /**
   * Builds what runs a network, without physical units and events of slots.
   *
   * @param outputs what becomes of predictions, one for each number that the plan makes; none: they are recorded as they are, and nothing
   *     is fed back
   */
  SurrogateEngine engine(Plan plan, List<Output> outputs, SurrogateOptions options);
}
