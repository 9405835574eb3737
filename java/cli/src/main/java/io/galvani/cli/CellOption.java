package io.galvani.cli;

import io.galvani.training.Protocol;
import picocli.CommandLine.Option;

/** The cell of a protocol, or another one in its place. */
final class CellOption {
  @Option(names = "--cell", paramLabel = "CELL",
      description = "A cell in place of the protocol's, with the same synapses: a file (.yaml), or one that comes with Galvani.")
  private String cell;

  /** The protocol, of that cell. */
  Protocol protocol(String name) {
    var p = Protocol.load(name);
    return cell == null ? p : p.on(cell);
  }
}
