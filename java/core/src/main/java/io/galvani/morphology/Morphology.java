package io.galvani.morphology;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A reconstructed cell.
 *
 * @param sections the root first, a parent before its children
 */
public record Morphology(List<Section> sections) {
  public Morphology {
    sections = List.copyOf(sections);
  }

  /** Names of the sections of each kind ({@code soma}, {@code axon}, {@code dend}, {@code apic} …). */
  public Map<String, List<String>> lists() {
    var lists = new LinkedHashMap<String, List<String>>();
    sections.forEach(s -> lists.computeIfAbsent(s.kind(), k -> new ArrayList<>()).add(s.name()));
    return lists;
  }
}
