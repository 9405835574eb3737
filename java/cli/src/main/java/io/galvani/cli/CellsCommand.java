package io.galvani.cli;

import io.galvani.cell.Cells;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code galvani cells}. */
@Command(name = "cells", mixinStandardHelpOptions = true, description = "List the cells that come with Galvani.")
final class CellsCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    Cells.names().forEach(name -> spec.commandLine().getOut().println(name));
  }
}
