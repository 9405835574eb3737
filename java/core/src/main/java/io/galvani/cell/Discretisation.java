package io.galvani.cell;

import io.galvani.cell.CompiledCell.NodeKind;
import io.galvani.cell.CompiledCell.Nodes;
import io.galvani.morphology.Section;
import io.galvani.morphology.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Cuts sections into compartments as NEURON does. A section of nseg segments gives nseg nodes with area and an end node
 * without; the root has one more at x = 0. A child at parent(1) hangs on the end node, elsewhere on the segment that holds x.
 */
final class Discretisation {
  private final List<Section> sections;
  private final Map<String, Integer> index = new HashMap<>();
  private final int[] nseg;
  private final int[] firstSegment;

  private Discretisation(List<Section> sections, int[] nseg) {
    this.sections = sections;
    this.nseg = nseg;
    firstSegment = new int[sections.size()];
    int node = 1; // after the root's 0 end
    for (int s = 0; s < nseg.length; s++) {
      index.put(sections.get(s).name(), s);
      firstSegment[s] = node;
      node = Math.addExact(node, nseg[s] + 1);
    }
  }

  /**
   * The tree of compartments.
   *
   * @param sections the root first, a parent before its children
   * @param nseg segments of each section
   * @param Ra axial resistivity of each section, Ω·cm
   * @param cm specific capacitance of each section, µF/cm²
   */
  static Nodes nodes(List<Section> sections, int[] nseg, double[] Ra, double[] cm) {
    return new Discretisation(sections, nseg).build(Ra, cm);
  }

  private Nodes build(double[] Ra, double[] cm) {
    int last = nseg.length - 1;
    int n = firstSegment[last] + nseg[last] + 1;
    var nodes = new Nodes(new NodeKind[n], new String[n], new double[n], new int[n], new double[n], new double[n],
        new double[n], new double[n], new double[n]);
    nodes.kind()[0] = NodeKind.ROOT0;
    nodes.section()[0] = sections.getFirst().name();
    nodes.parent()[0] = -1;
    nodes.Ra()[0] = Ra[0];
    for (int s = 0; s < nseg.length; s++) {
      int first = firstSegment[s];
      double[][] halves = halves(sections.get(s).shape(), nseg[s]);
      for (int j = 0; j <= nseg[s]; j++) {
        int i = first + j;
        boolean end = j == nseg[s];
        nodes.kind()[i] = end ? NodeKind.END1 : NodeKind.SEG;
        nodes.section()[i] = sections.get(s).name();
        nodes.x()[i] = end ? 1 : (j + 0.5) / nseg[s];
        nodes.parent()[i] = j == 0 ? attachment(s) : i - 1;
        nodes.Ra()[i] = Ra[s];
        double length = j == 0 ? 0 : halves[1][2 * j - 1];
        if (!end) {
          nodes.area()[i] = halves[0][2 * j] + halves[0][2 * j + 1];
          nodes.length()[i] = sections.get(s).shape().length() / nseg[s];
          nodes.cm()[i] = cm[s];
          length += halves[1][2 * j];
        }
        nodes.ri()[i] = 1e-2 * Ra[s] * length; // Ω·cm/µm to MΩ
      }
    }
    return nodes;
  }

  /** The node that a section's first segment hangs on. */
  private int attachment(int s) {
    var at = sections.get(s).parent();
    while (at != null && at.x() == 0) { // the 0 end of a section is where it hangs itself
      at = sections.get(index.get(at.section())).parent();
    }
    if (at == null) {
      return 0;
    }
    int p = index.get(at.section());
    return firstSegment[p] + (at.x() == 1 ? nseg[p] : (int) (at.x() * nseg[p]));
  }

  /** For each half segment: [0] lateral area in µm², [1] length over cross-section in 1/µm. */
  private static double[][] halves(Shape shape, int nseg) {
    int n = 2 * nseg;
    double[][] halves = new double[2][n];
    switch (shape) {
      case Shape.Cylinder c -> {
        double length = c.length() / n;
        Arrays.fill(halves[0], Math.PI * c.diam() * length);
        Arrays.fill(halves[1], length / (Math.PI / 4 * c.diam() * c.diam()));
      }
      case Shape.Points p -> integrate(p.arc(), p.diam(), halves);
    }
    return halves;
  }

  /** Frustum by frustum; the diameter is linear in path length between the 3-D points. */
  private static void integrate(double[] arc, float[] diam, double[][] halves) {
    int n = halves[0].length;
    double length = arc[arc.length - 1];
    int i = 0;
    double x = 0;
    double y = diam[0];
    for (int half = 0; half < n; half++) {
      double to = half == n - 1 ? length : length * (half + 1) / n;
      do {
        boolean whole = arc[i + 1] <= to;
        double x2 = whole ? arc[i + 1] : to;
        double y2 = whole ? diam[i + 1] : diam[i] + (diam[i + 1] - diam[i]) * ((to - arc[i]) / (arc[i + 1] - arc[i]));
        double taper = (y2 - y) / 2;
        halves[0][half] += Math.PI / 2 * (y + y2) * Math.sqrt((x2 - x) * (x2 - x) + taper * taper);
        halves[1][half] += 4 / Math.PI * (x2 - x) / (y * y2);
        x = x2;
        y = y2;
        if (whole && i + 2 < arc.length) {
          i++;
        }
      } while (x < to);
    }
  }
}
