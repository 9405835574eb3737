package io.galvani.cell;

import io.galvani.InputException;
import io.galvani.cell.CompiledCell.Nodes;
import io.galvani.cell.CompiledCell.Placement;
import java.util.stream.IntStream;

/** The numbers of a compiled cell that a parameter's name addresses. */
public sealed interface Target {
  /** The cell with {@code value} in all these places. */
  CompiledCell set(CompiledCell cell, double value);

  /**
   * A parameter of a channel or pool.
   *
   * @param placement index into {@link CompiledCell#membrane}
   * @param parameter index into the mechanism's parameters
   * @param rows instances
   */
  record OfMembrane(int placement, int parameter, int[] rows) implements Target {
    @Override
    public CompiledCell set(CompiledCell cell, double value) {
      var p = cell.membrane().get(placement);
      return cell.withMembrane(placement, Target.set(p, parameter, rows, value));
    }
  }

  /**
   * A parameter of a synapse.
   *
   * @param placement index into {@link CompiledCell#receptors}
   * @param parameter index into the mechanism's parameters
   * @param rows receptors
   */
  record OfReceptors(int placement, int parameter, int[] rows) implements Target {
    @Override
    public CompiledCell set(CompiledCell cell, double value) {
      var p = cell.receptors().get(placement);
      return cell.withReceptors(placement, Target.set(p, parameter, rows, value));
    }
  }

  /**
   * Specific capacitance, µF/cm².
   *
   * @param nodes segments
   */
  record Cm(int[] nodes) implements Target {
    @Override
    public CompiledCell set(CompiledCell cell, double value) {
      requirePositive("cm", value);
      Nodes n = cell.nodes();
      double[] cm = n.cm().clone();
      IntStream.of(nodes).forEach(i -> cm[i] = value);
      return cell.withNodes(new Nodes(n.kind(), n.section(), n.x(), n.parent(), n.area(), n.length(), n.ri(), cm, n.Ra()));
    }
  }

  /**
   * Axial resistivity, Ω·cm. The resistance {@code ri} of these nodes to their parents is proportional to it.
   *
   * @param nodes all nodes of the region, the root among them
   */
  record Ra(int[] nodes) implements Target {
    @Override
    public CompiledCell set(CompiledCell cell, double value) {
      requirePositive("Ra", value);
      Nodes n = cell.nodes();
      double[] ri = n.ri().clone();
      double[] Ra = n.Ra().clone();
      for (int i : nodes) {
        if (Double.isNaN(Ra[i])) {
          throw new InputException(cell.name(), n.section()[i], "Ra is not known", "A compartment table holds ri but not Ra");
        }
        ri[i] *= value / Ra[i];
        Ra[i] = value;
      }
      return cell.withNodes(new Nodes(n.kind(), n.section(), n.x(), n.parent(), n.area(), n.length(), ri, n.cm(), Ra));
    }
  }

  private static Placement set(Placement p, int parameter, int[] rows, double value) {
    p.mechanism().parameters().get(parameter).check(value, p.mechanism().name(), null);
    double[][] values = p.values().clone();
    values[parameter] = values[parameter].clone();
    for (int r : rows) {
      values[parameter][r] = value;
    }
    return new Placement(p.mechanism(), p.node(), values);
  }

  private static void requirePositive(String name, double value) {
    if (!(value > 0 && value <= 1e6)) {
      throw new InputException(name, null, value + " is out of range", "It must be above 0");
    }
  }
}
