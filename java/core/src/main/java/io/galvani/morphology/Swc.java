package io.galvani.morphology;

import io.galvani.InputException;
import io.galvani.Location;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.StringTokenizer;
import java.util.stream.IntStream;

/**
 * Reads SWC files: one point a line, {@code id type x y z radius parent}, µm, {@code #} for comments.
 *
 * <p>Sections, their names and their attachment are those of NEURON's Import3d:
 *
 * <ul>
 *   <li>A section is an unbranched run of points of one type, next to each other in the order of their ids. It begins with
 *       a copy of its parent's last point.
 *   <li>Types 1, 2, 3, 4 are {@code soma}, {@code axon}, {@code dend}, {@code apic}; any other type n is {@code dend_n}.
 *       Numbers count the sections of a type in the order of their first ids.
 *   <li>A soma of one point is a cylinder of three points along x with L = diam = 2r. So is NeuroMorpho's soma of three
 *       points (the second and third one radius from the first, nothing attached to them).
 *   <li>A soma of several points is the cable as digitised. Neurites on its first point attach to soma(0), on its last to
 *       soma(1), on one in between to soma(0.5).
 *   <li>At soma(0.5) a neurite begins with its own first point: no cable joins it to the centre. A branch at that first
 *       point attaches to the 0 end of the neurite. At the ends of the soma it begins with the soma's point, and its own first
 *       diameter.
 *   <li>Sections of two points and no length are dropped; what hung on them moves to their parent.
 * </ul>
 *
 * <p>Where it differs from NEURON: parents may follow their children in the file (points are then taken depth first); an
 * outline (a soma chain that returns to its start), which NEURON would take for a cable, becomes NeuroMorpho's sphere at the
 * mean of its points with their mean distance for radius; a branch at a neurite's first point attaches to the 0 end also where
 * that is the second point of the file or the branch is of another type; a root that is not a soma, several roots and radii
 * of 0 are refused.
 */
public final class Swc {
  /** Largest number of points that is read. */
  public static final int MAX_POINTS = 10_000_000;

  private static final int MAX_LINE = 10_000;
  private static final float MAX_SIZE = 1e7f;
  private static final int SOMA = 1;

  private final String source;
  private int n;
  private int[] id = new int[1024];
  private int[] type = new int[1024];
  private int[] parent = new int[1024]; // ids while reading, then positions
  private int[] line = new int[1024];
  private float[] x = new float[1024];
  private float[] y = new float[1024];
  private float[] z = new float[1024];
  private float[] diam = new float[1024];

  private Swc(String source) {
    this.source = source;
  }

  /**
   * Reads a file.
   *
   * @throws InputException if it cannot be read or is not one well-formed tree that starts with a soma; names the line
   */
  public static Morphology read(Path file) {
    try (var in = Files.newInputStream(file)) {
      return read(file.toString(), in);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  /** As {@link #read(Path)}, from a stream; {@code source} names it in errors. */
  public static Morphology read(String source, InputStream in) throws IOException {
    var swc = new Swc(source);
    swc.parse(new BufferedInputStream(in, 1 << 16));
    swc.sortById();
    swc.findParents();
    swc.putParentsFirst();
    swc.checkSoma();
    swc.shrinkSoma();
    return new Morphology(swc.sections());
  }

  // ---- reading ----

  private void parse(InputStream in) throws IOException {
    byte[] text = new byte[MAX_LINE];
    int number = 0;
    for (int c = in.read(); c >= 0; c = in.read()) {
      number++;
      int length = 0;
      for (; c >= 0 && c != '\n'; c = in.read()) {
        if (c == 0 || length == MAX_LINE) {
          throw fault(number, "this is not text", "An SWC file has lines of: id type x y z radius parent");
        }
        text[length++] = (byte) c;
      }
      String words = new String(text, 0, length, StandardCharsets.UTF_8);
      parseLine(number == 1 && words.startsWith("\uFEFF") ? words.substring(1) : words, number);
    }
    if (n == 0) {
      throw new InputException(source, null, "holds no points", "An SWC file has lines of: id type x y z radius parent");
    }
  }

  private void parseLine(String text, int number) {
    var words = new StringTokenizer(text);
    if (!words.hasMoreTokens() || text.stripLeading().startsWith("#")) {
      return;
    }
    int columns = words.countTokens();
    if (columns < 7) {
      throw fault(number, columns + (columns == 1 ? " column" : " columns") + " instead of 7",
          "Write: id type x y z radius parent");
    }
    if (n == MAX_POINTS) {
      throw fault(number, "more than " + MAX_POINTS + " points", "Reduce the reconstruction");
    }
    if (n == id.length) {
      grow();
    }
    id[n] = integer("id", words.nextToken(), 0, number);
    type[n] = integer("type", words.nextToken(), 0, number);
    x[n] = real("x", words.nextToken(), number);
    y[n] = real("y", words.nextToken(), number);
    z[n] = real("z", words.nextToken(), number);
    float radius = real("radius", words.nextToken(), number);
    if (!(radius > 0)) {
      throw fault(number, "radius " + radius + " µm is not above 0", "Give the point the radius of its neighbours");
    }
    diam[n] = 2 * radius;
    parent[n] = integer("parent", words.nextToken(), -1, number);
    line[n++] = number;
  }

  private int integer(String what, String word, int least, int number) {
    try {
      int value = Integer.parseInt(word);
      if (value >= least) {
        return value;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw fault(number, what + " '" + word + "' is not a whole number of " + least + " or more", null);
  }

  private float real(String what, String word, int number) {
    try {
      float value = Float.parseFloat(word);
      if (Math.abs(value) <= MAX_SIZE) {
        return value;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw fault(number, what + " '" + word + "' is not a number of at most 1e7 µm", null);
  }

  private void grow() {
    int m = Math.min(MAX_POINTS, 2 * n);
    id = Arrays.copyOf(id, m);
    type = Arrays.copyOf(type, m);
    parent = Arrays.copyOf(parent, m);
    line = Arrays.copyOf(line, m);
    x = Arrays.copyOf(x, m);
    y = Arrays.copyOf(y, m);
    z = Arrays.copyOf(z, m);
    diam = Arrays.copyOf(diam, m);
  }

  private InputException fault(int number, String fault, String remedy) {
    return InputException.at(source, number, fault, remedy);
  }

  // ---- one tree, parents first ----

  private void sortById() {
    if (IntStream.range(1, n).anyMatch(i -> id[i - 1] > id[i])) {
      reorder(IntStream.range(0, n).boxed().sorted(Comparator.comparingInt((Integer i) -> id[i]))
          .mapToInt(Integer::intValue).toArray());
    }
    for (int i = 1; i < n; i++) {
      if (id[i] == id[i - 1]) {
        throw fault(line[i], "id " + id[i] + " was used in line " + line[i - 1], "Give each point its own id");
      }
    }
  }

  private void findParents() {
    int root = -1;
    for (int i = 0; i < n; i++) {
      if (parent[i] == -1) {
        if (root >= 0) {
          throw fault(line[i], "a second root (parent −1); the first is in line " + line[root],
              "Keep one cell a file and join its pieces");
        }
        root = i;
        continue;
      }
      int at = Arrays.binarySearch(id, 0, n, parent[i]);
      if (at < 0) {
        throw fault(line[i], "parent " + parent[i] + " does not exist", "Use the id of another point, or −1 for the root");
      }
      parent[i] = at;
    }
    if (root < 0) {
      throw new InputException(source, null, "no point is the root", "Give the first soma point the parent −1");
    }
  }

  /** Keeps the order of ids if it already puts parents first, as NEURON demands; else goes depth first, soma first. */
  private void putParentsFirst() {
    if (IntStream.range(0, n).allMatch(i -> parent[i] < i)) {
      return;
    }
    int[] firstChild = new int[n];
    int[] nextSibling = new int[n];
    Arrays.fill(firstChild, -1);
    int root = -1;
    for (int pass = 0; pass < 2; pass++) { // later ones go to the front: first neurites, then soma, each from the last id
      for (int i = n - 1; i >= 0; i--) {
        if (parent[i] < 0) {
          root = i;
        } else if ((type[i] == SOMA) == (pass == 1)) {
          nextSibling[i] = firstChild[parent[i]];
          firstChild[parent[i]] = i;
        }
      }
    }
    int[] order = new int[n];
    boolean[] seen = new boolean[n];
    int count = 0;
    var stack = new ArrayDeque<Integer>();
    stack.push(root);
    while (!stack.isEmpty()) {
      int i = stack.pop();
      order[count++] = i;
      seen[i] = true;
      if (i != root && nextSibling[i] >= 0) {
        stack.push(nextSibling[i]);
      }
      if (firstChild[i] >= 0) {
        stack.push(firstChild[i]);
      }
    }
    for (int i = 0; i < n; i++) {
      if (!seen[i]) {
        throw fault(line[i], "point " + id[i] + " is its own ancestor or hangs on such a point", "Break the cycle");
      }
    }
    int[] position = new int[n];
    for (int i = 0; i < n; i++) {
      position[order[i]] = i;
    }
    for (int i = 0; i < n; i++) {
      parent[i] = parent[i] < 0 ? -1 : position[parent[i]];
    }
    reorder(order);
  }

  private void reorder(int[] order) {
    id = gather(id, order);
    type = gather(type, order);
    parent = gather(parent, order);
    line = gather(line, order);
    x = gather(x, order);
    y = gather(y, order);
    z = gather(z, order);
    diam = gather(diam, order);
  }

  private static int[] gather(int[] a, int[] order) {
    return Arrays.stream(order).map(i -> a[i]).toArray();
  }

  private static float[] gather(float[] a, int[] order) {
    float[] b = new float[order.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = a[order[i]];
    }
    return b;
  }

  // ---- soma ----

  private void checkSoma() {
    if (type[0] != SOMA) {
      boolean none = IntStream.range(0, n).noneMatch(i -> type[i] == SOMA);
      throw fault(line[0], none ? "a neurite without a soma" : "the root is of type " + type[0] + " and not a soma",
          "Make the root a point of type 1");
    }
    for (int i = 1; i < n; i++) {
      if (type[i] == SOMA && type[parent[i]] != SOMA) {
        throw fault(line[i], "a soma point on a neurite (parent " + id[parent[i]] + " is of type " + type[parent[i]] + ")",
            "Soma points hang on soma points");
      }
    }
  }

  /** Leaves one point of a soma that stands for a sphere: NeuroMorpho's three points, or an outline. */
  private void shrinkSoma() {
    int points = 0;
    while (points < n && type[points] == SOMA) {
      points++;
    }
    if (IntStream.range(points, n).anyMatch(i -> type[i] == SOMA)) {
      return;
    }
    if (points == 3 && isNeuroMorphoSphere()) {
      moveRootTo(3, x[0], y[0], z[0], diam[0]);
    } else if (points >= 4 && isOutline(points)) {
      float cx = mean(x, points);
      float cy = mean(y, points);
      float cz = mean(z, points);
      double radius = IntStream.range(0, points).mapToDouble(i -> distance(x[i] - cx, y[i] - cy, z[i] - cz)).average()
          .orElseThrow();
      moveRootTo(points, cx, cy, cz, (float) (2 * radius));
    }
  }

  // NEURON's test: points 2 and 3 on 1, same diameter, together one diameter long, nothing attached
  private boolean isNeuroMorphoSphere() {
    double length = distance(0, 1) + distance(0, 2);
    return parent[1] == 0 && parent[2] == 0 && diam[1] == diam[0] && diam[2] == diam[0]
        && Math.abs(length / diam[0] - 1) < 0.01
        && IntStream.range(3, n).noneMatch(i -> parent[i] == 1 || parent[i] == 2);
  }

  // an axis ends a path away from where it began, an outline one point away
  private boolean isOutline(int points) {
    double path = 0;
    for (int i = 1; i < points; i++) {
      if (parent[i] != i - 1) {
        return false;
      }
      path += distance(i - 1, i);
    }
    return distance(0, points - 1) <= path / 3;
  }

  private void moveRootTo(int points, float cx, float cy, float cz, float d) {
    x[0] = cx;
    y[0] = cy;
    z[0] = cz;
    diam[0] = d;
    int gone = points - 1;
    for (int i = points; i < n; i++) {
      parent[i] = Math.max(0, parent[i] - gone);
    }
    reorder(IntStream.range(0, n).filter(i -> i == 0 || i >= points).toArray());
    n -= gone;
  }

  private double distance(int i, int j) {
    return distance(x[i] - x[j], y[i] - y[j], z[i] - z[j]);
  }

  private static double distance(double dx, double dy, double dz) {
    return Math.sqrt(dx * dx + dy * dy + dz * dz);
  }

  private static float mean(float[] a, int count) {
    return (float) IntStream.range(0, count).mapToDouble(i -> a[i]).average().orElseThrow();
  }

  // ---- sections ----

  /** Points first…last are the section's own; {@code withParent}: the parent's point comes before them. */
  private static final class Draft {
    final int first;
    final int last;
    Draft parent;
    double parentX;
    boolean withParent;
    String name;

    Draft(int first, int last) {
      this.first = first;
      this.last = last;
    }

    int own() {
      return last - first + 1;
    }
  }

  private List<Section> sections() {
    int[] children = new int[n];
    int[] somaChildren = new int[n];
    for (int i = 1; i < n; i++) {
      children[parent[i]]++;
      somaChildren[parent[i]] += type[i] == SOMA ? 1 : 0;
    }
    var drafts = new ArrayList<Draft>();
    var draftOf = new Draft[n];
    for (int first = 0; first < n;) {
      int last = first;
      while (continues(last, children, somaChildren)) {
        last++;
      }
      var draft = new Draft(first, last);
      Arrays.fill(draftOf, first, last + 1, draft);
      drafts.add(draft);
      if (first > 0) {
        attach(draft, draftOf[parent[first]], somaChildren);
      }
      first = last + 1;
    }
    for (Draft d : drafts) { // parents come first: one step up is enough
      if (d.parent != null && isEmpty(d.parent)) {
        d.parentX = d.parent.parentX;
        d.parent = d.parent.parent;
      }
    }
    drafts.removeIf(this::isEmpty);
    var count = new HashMap<String, Integer>();
    var sections = new ArrayList<Section>();
    for (Draft d : drafts) {
      String kind = kind(type[d.first]);
      d.name = kind + "[" + (count.merge(kind, 1, Integer::sum) - 1) + "]";
      sections.add(new Section(d.name, d.parent == null ? null : new Location(d.parent.name, d.parentX), shape(d)));
    }
    return sections;
  }

  /** Whether the section goes on from point i to point i + 1. */
  private boolean continues(int i, int[] children, int[] somaChildren) {
    if (i + 1 == n || parent[i + 1] != i || type[i + 1] != type[i]) {
      return false;
    }
    if (type[i] == SOMA) { // neurites do not cut a soma
      return i == 0 || somaChildren[i] == 1;
    }
    return children[i] == 1 || beginsOnSoma(i);
  }

  private boolean beginsOnSoma(int i) {
    return type[i] != SOMA && type[parent[i]] == SOMA;
  }

  private void attach(Draft s, Draft parentSection, int[] somaChildren) {
    int at = parent[s.first];
    boolean neuriteOnSoma = beginsOnSoma(s.first);
    s.parent = parentSection;
    s.parentX = 1;
    s.withParent = true;
    if (at < parentSection.last && type[at] != SOMA) { // a branch at a neurite's first point
      s.parentX = 0;
    } else if (type[at] == SOMA) {
      boolean sphere = parentSection.last == 0;
      if (neuriteOnSoma && sphere) {
        s.parentX = 0.5;
        s.withParent = s.own() == 1;
      } else if (at == 0) {
        s.parentX = 0;
        s.withParent = !neuriteOnSoma || somaChildren[at] <= 1 || s.own() == 1;
      } else if (at < parentSection.last) {
        s.parentX = 0.5;
        s.withParent = !neuriteOnSoma || s.own() == 1;
      } else {
        s.withParent = !neuriteOnSoma || somaChildren[at] <= 1 || s.own() == 1;
      }
    }
  }

  private boolean isEmpty(Draft d) {
    if (d.parent == null) {
      return false;
    }
    int from = d.withParent ? parent[d.first] : d.first;
    int points = d.own() + (d.withParent ? 1 : 0);
    return points == 2 && distance(from, d.last) == 0;
  }

  private Shape.Points shape(Draft d) {
    if (d.first == 0 && d.last == 0) {
      float r = diam[0] / 2;
      return new Shape.Points(new float[] {x[0] - r, x[0], x[0] + r}, new float[] {y[0], y[0], y[0]},
          new float[] {z[0], z[0], z[0]}, new float[] {diam[0], diam[0], diam[0]});
    }
    var points = d.withParent ? IntStream.concat(IntStream.of(parent[d.first]), IntStream.rangeClosed(d.first, d.last))
        : IntStream.rangeClosed(d.first, d.last);
    int[] order = points.toArray();
    float[] diams = gather(diam, order);
    if (d.withParent && d.first > 0 && beginsOnSoma(d.first)) {
      diams[0] = diams[1]; // the soma's width is not the neurite's
    }
    return new Shape.Points(gather(x, order), gather(y, order), gather(z, order), diams);
  }

  private static String kind(int type) {
    return switch (type) {
      case SOMA -> "soma";
      case 2 -> "axon";
      case 3 -> "dend";
      case 4 -> "apic";
      default -> "dend_" + type;
    };
  }
}
