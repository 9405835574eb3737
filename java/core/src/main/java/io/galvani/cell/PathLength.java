package io.galvani.cell;

import io.galvani.Location;
import io.galvani.morphology.Section;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Path lengths in µm along the cable from one place of a cell. */
final class PathLength {
  /** The place of a section nearest to the origin, and how far it is from there. */
  private record Near(double x, double distance, double length) {
    double at(double other) {
      return distance + Math.abs(other - x) * length;
    }
  }

  private final Map<String, Near> near = new HashMap<>();

  /** @param sections a parent before its children */
  PathLength(List<Section> sections, Location origin) {
    var byName = new HashMap<String, Section>();
    sections.forEach(s -> byName.put(s.name(), s));
    double distance = 0;
    for (var at = origin; at != null;) { // up to the root
      var section = byName.get(NodeIndex.sectionNamed(at.section(), byName.keySet()));
      var here = new Near(at.x(), distance, section.shape().length());
      near.put(section.name(), here);
      distance = here.at(0);
      at = section.parent();
    }
    for (var s : sections) { // and down from there
      if (!near.containsKey(s.name())) {
        near.put(s.name(), new Near(0, at(s.parent().section(), s.parent().x()), s.shape().length()));
      }
    }
  }

  /** Path length from the origin to section(x), µm. */
  double at(String section, double x) {
    return near.get(section).at(x);
  }
}
