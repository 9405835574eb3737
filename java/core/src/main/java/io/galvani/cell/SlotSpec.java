package io.galvani.cell;

import io.galvani.Location;
import java.util.Map;

/**
 * A synapse slot to be put on a cell.
 *
 * @param name unique within the cell
 * @param at where
 * @param kind a synapse mechanism, such as {@code Exp2Syn}
 * @param parameters those that differ from the mechanism's defaults
 * @param weight default weight of its events: peak conductance in µS (nA for kinds that inject current)
 */
public record SlotSpec(String name, Location at, String kind, Map<String, Double> parameters, double weight) {
  public SlotSpec {
    parameters = Map.copyOf(parameters);
  }
}
