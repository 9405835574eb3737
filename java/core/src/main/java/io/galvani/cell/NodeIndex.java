package io.galvani.cell;

import io.galvani.InputException;
import io.galvani.Location;
import io.galvani.cell.CompiledCell.NodeKind;
import io.galvani.cell.CompiledCell.Nodes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the node at a location, for many locations. */
final class NodeIndex {
  private static final class Ends {
    final List<Integer> segments = new ArrayList<>();
    int root0 = -1;
    int end1 = -1;
  }

  private final Map<String, Ends> sections = new LinkedHashMap<>();

  NodeIndex(Nodes nodes) {
    for (int i = 0; i < nodes.count(); i++) {
      var ends = sections.computeIfAbsent(nodes.section()[i], k -> new Ends());
      switch (nodes.kind()[i]) {
        case NodeKind.SEG -> ends.segments.add(i);
        case NodeKind.ROOT0 -> ends.root0 = i;
        case NodeKind.END1 -> ends.end1 = i;
      }
    }
  }

  /** See {@link CompiledCell#locate(Location)}. */
  int locate(Location at, String source) {
    String name = sectionNamed(at.section(), sections.keySet());
    if (name == null || sections.get(name).segments.isEmpty()) {
      throw InputException.unknown(source, at.toString(), "section", at.section(), sections.keySet());
    }
    var ends = sections.get(name);
    if (at.x() == 0 && ends.root0 >= 0) {
      return ends.root0;
    }
    if (at.x() == 1 && ends.end1 >= 0) {
      return ends.end1;
    }
    int nseg = ends.segments.size();
    return ends.segments.get(Math.min((int) (at.x() * nseg), nseg - 1));
  }

  /** The full name of a section, or {@code null}: {@code soma} also finds {@code soma[0]}, as in hoc. */
  static String sectionNamed(String name, Set<String> sections) {
    return sections.contains(name) ? name : sections.contains(name + "[0]") ? name + "[0]" : null;
  }
}
