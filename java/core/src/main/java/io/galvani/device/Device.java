package io.galvani.device;

import io.galvani.Population;
import io.galvani.cable.CableOptions;
import io.galvani.cell.CompiledCell;

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
}
