package io.galvani.morphology;

import io.galvani.Location;

/**
 * An unbranched cable.
 *
 * @param name as in NEURON, such as {@code apic[36]}
 * @param parent where its 0 end is attached; {@code null} for the root
 * @param shape its form
 */
public record Section(String name, Location parent, Shape shape) {
  /** The section list it belongs to by its name: {@code apic} for {@code apic[36]}. */
  public String kind() {
    return kind(name);
  }

  /** The section list that a section of this name belongs to. */
  public static String kind(String name) {
    int bracket = name.indexOf('[');
    return bracket < 0 ? name : name.substring(0, bracket);
  }
}
