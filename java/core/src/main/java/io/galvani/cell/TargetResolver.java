package io.galvani.cell;

import io.galvani.InputException;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.mechanism.Parameter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/** Finds what the name of a parameter addresses on a cell. */
final class TargetResolver {
  private record Match(String name, Target target) {}

  private final CompiledCell cell;
  private final String target;
  private final String region;
  private final String parameter;

  TargetResolver(CompiledCell cell, String target) {
    this.cell = cell;
    this.target = target;
    var regions = cell.regions();
    // the longest, since names of sections may themselves hold a dot
    String prefix = regions.stream().filter(r -> target.startsWith(r + ".")).max(Comparator.comparingInt(String::length))
        .orElse(target.substring(0, Math.max(0, target.indexOf('.'))));
    region = NodeIndex.sectionNamed(prefix, regions);
    if (prefix.isEmpty()) {
      throw new InputException(cell.name(), target, "is not of the form region.parameter", "Write e.g. soma.cm");
    }
    if (region == null) {
      throw InputException.unknown(cell.name(), target, "region", prefix, regions);
    }
    parameter = target.substring(prefix.length() + 1);
  }

  /** See {@link CompiledCell#resolve}. */
  Target resolve() {
    var nodes = nodes();
    int[] array = nodes.stream().mapToInt(Integer::intValue).toArray();
    if (parameter.equals("cm")) {
      return new Target.Cm(IntStream.of(array).filter(i -> cell.nodes().area()[i] > 0).toArray());
    }
    if (parameter.equals("Ra")) {
      return new Target.Ra(array);
    }
    var matches = new ArrayList<Match>();
    var known = new LinkedHashSet<>(List.of("cm", "Ra"));
    for (int i = 0; i < cell.membrane().size(); i++) {
      int placement = i;
      match(cell.membrane().get(i), nodes, known, matches, (p, rows) -> new Target.OfMembrane(placement, p, rows));
    }
    for (int i = 0; i < cell.receptors().size(); i++) {
      int placement = i;
      match(cell.receptors().get(i), nodes, known, matches, (p, rows) -> new Target.OfReceptors(placement, p, rows));
    }
    if (matches.isEmpty()) {
      throw InputException.unknown(cell.name(), target, "parameter of " + region, parameter, known);
    }
    if (matches.size() > 1) {
      throw new InputException(cell.name(), target, "several mechanisms have the parameter '" + parameter + "'",
          "Name one of " + String.join(", ", matches.stream().map(m -> region + "." + m.name).toList()));
    }
    return matches.getFirst().target;
  }

  private Set<Integer> nodes() {
    var sections = new HashSet<>(cell.sectionLists().getOrDefault(region, List.of(region)));
    var nodes = new LinkedHashSet<Integer>();
    for (int i = 0; i < cell.nodes().count(); i++) {
      if (sections.contains(cell.nodes().section()[i])) {
        nodes.add(i);
      }
    }
    return nodes;
  }

  private void match(Placement placement, Set<Integer> nodes, Set<String> known, List<Match> matches,
      BiFunction<Integer, int[], Target> target) {
    int[] rows = IntStream.range(0, placement.node().length).filter(r -> nodes.contains(placement.node()[r])).toArray();
    if (rows.length == 0) {
      return;
    }
    String mechanism = placement.mechanism().name();
    for (Parameter p : placement.mechanism().parameters()) {
      String name = mechanism + "." + p.name();
      known.add(p.name());
      known.add(name);
      if (parameter.equals(p.name()) || parameter.equals(name) || parameter.equals(p.name() + "_" + mechanism)) {
        matches.add(new Match(name, target.apply(placement.mechanism().indexOf(p.name()), rows)));
      }
    }
  }
}
