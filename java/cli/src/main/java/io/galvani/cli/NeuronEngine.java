package io.galvani.cli;

import io.galvani.Events;
import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.bench.Bench;
import io.galvani.bench.Neuron;
import io.galvani.cell.CellModel;
import io.galvani.cell.Cells;
import io.galvani.training.Comparison;
import io.galvani.training.Protocol;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * NEURON among the engines that are compared: one process, one thread, exact rates, {@code cache_efficient}. Its time is CPU time of its
 * own process, and grows with the cells as their number does, so that a few stand for many.
 */
final class NeuronEngine implements Comparison.Engine {
  static final String NAME = "NEURON";
  private static final int MOST_CELLS = 8;

  private final Path root;
  private final CellModel model;

  private NeuronEngine(Path root, CellModel model) {
    this.root = root;
    this.model = model;
  }

  /**
   * NEURON, if it can run the protocol's cell.
   *
   * @param why told what is missing, if it cannot
   */
  static Optional<Comparison.Engine> of(Protocol protocol, Consumer<String> why) throws IOException {
    try {
      CellModel model = Cells.model(protocol.cell()).orElseThrow(() -> new InputException("NEURON", null, "has no sections to build "
          + protocol.cell() + " from", null));
      Path root = Bench.root();
      Neuron.requireInstalled(root, model.compile());
      return Optional.of(new NeuronEngine(root, model));
    } catch (GalvaniException e) {
      why.accept(e.getMessage());
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GalvaniException("compare: interrupted", e);
    }
  }

  @Override
  public int held(int cells) {
    return Math.min(cells, MOST_CELLS);
  }

  @Override
  public Comparison.Running begin(int cells, Supplier<Events> events) {
    try {
      var neuron = new Neuron(root, model, model.compile(), cells, 0);
      neuron.drive(events.get());
      return new Comparison.Running() {
        private double now;

        @Override
        public double advance(Events due, double until) {
          try {
            double seconds = neuron.run(until - now, false);
            now = until;
            return seconds;
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }

        @Override
        public void close() {
          try {
            neuron.close();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GalvaniException("compare: interrupted", e);
    }
  }
}
