package io.galvani.device.cuda;

import io.galvani.Location;
import io.galvani.Probe;
import io.galvani.cell.CellModel;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.NsegRule;
import io.galvani.cell.SlotSpec;
import java.util.Map;

/** Cells for the tests of the direct engine on a GPU: small, as each thread is emulated. */
final class SmallCells {
  static final Location SOMA = new Location("soma", 0.5);
  static final Location DEND = new Location("dend", 0.7);
  static final Probe V = new Probe(SOMA, "v");

  static final boolean WATCHED = NeedsGpu.WATCHED;

  private SmallCells() {}

  /** So many ms; a tenth where {@link #WATCHED}. */
  static double ms(double whole) {
    return WATCHED ? whole / 10 : whole;
  }

  /** A sphere of hh. */
  static CompiledCell ball() {
    return CellModel.builder("ball").cylinder("soma", 20, 20).insert("soma", "hh", Map.of()).build().compile();
  }

  /** A trunk that forks into three unequal branches, one of which forks again, all passive. */
  static CompiledCell passiveTree() {
    return CellModel.builder("tree").cylinder("soma", 25, 25).cylinder("trunk", 300, 4, new Location("soma", 1))
        .cylinder("a", 200, 2, new Location("trunk", 1)).cylinder("b", 120, 1, new Location("trunk", 1))
        .cylinder("c", 80, 1.5, new Location("trunk", 0.5)).cylinder("b1", 60, 0.8, new Location("b", 1))
        .cylinder("b2", 90, 0.7, new Location("b", 1)).nseg("trunk", NsegRule.fixed(7)).nseg("a", NsegRule.fixed(5))
        .nseg("b", NsegRule.fixed(3)).Ra("all", 120).insert("all", "pas", Map.of("g", 1e-4, "e", -65.0)).build().compile();
  }

  /** A soma of hh with twelve passive dendrites. */
  static CompiledCell bush() {
    var cell = CellModel.builder("bush").cylinder("soma", 20, 20);
    for (int d = 0; d < 12; d++) {
      cell.cylinder("dend" + d, 60 + 10 * d, 1, new Location("soma", 1)).nseg("dend" + d, NsegRule.fixed(3))
          .insert("dend" + d, "pas", Map.of("g", 1e-4, "e", -65.0));
    }
    return cell.Ra("all", 150).insert("soma", "hh", Map.of()).build().compile();
  }

  /** A soma of hh with a passive dendrite; slots: exc, an AlphaSynapse on the dendrite, and inh, an Exp2Syn on the soma. */
  static CellModel.Builder synaptic() {
    return CellModel.builder("cell").cylinder("soma", 20, 20).cylinder("dend", 200, 2, new Location("soma", 1))
        .nseg("dend", NsegRule.fixed(5)).Ra("all", 150).insert("soma", "hh", Map.of()).insert("dend", "pas", Map.of("g", 1e-4, "e", -65.0))
        .slot(new SlotSpec("exc", DEND, "AlphaSynapse", Map.of("tau", 0.5), 0.004))
        .slot(new SlotSpec("inh", SOMA, "Exp2Syn", Map.of("e", -80.0), 0.002));
  }

  /** The same with calcium: a pool, channels that carry it and one that it gates. */
  static CompiledCell calcium() {
    return synaptic().insert("soma", "CaDynamics_E2", Map.of()).insert("soma", "Ca_HVA", Map.of("gCa_HVAbar", 5e-4))
        .insert("dend", "Ca_LVAst", Map.of("gCa_LVAstbar", 2e-4)).insert("soma", "SK_E2", Map.of("gSK_E2bar", 1e-3))
        .insert("dend", "Ih", Map.of("gIhbar", 2e-4)).build().compile();
  }
}
