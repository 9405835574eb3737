package io.galvani.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.cable.Mode;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.cuda.Ptx;
import io.galvani.bench.gpu.InstructionMix.Unit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class PhasesTest {
  private static final Path ROOT = Path.of(System.getProperty("galvani.root"));

  private static double count(String line, Unit unit) {
    return InstructionMix.ofPtx(line).count(unit);
  }

  @Test
  void linesOfPtxAreWhatExecutesThem() {
    assertEquals(1, count("\tfma.rn.f32 \t%f1, %f2, %f3, %f4;", Unit.FP32));
    assertEquals(1, count("\t@%p1 setp.lt.f64 \t%p2, %fd1, 0d0000000000000000;", Unit.FP64));
    assertEquals(2, count("\tadd.s64 \t%rd1, %rd2, %rd3;", Unit.INTEGER));
    assertEquals(1, count("\trcp.rn.f64 \t%fd1, %fd2;", Unit.SPECIAL));
    assertEquals(6, count("\trcp.rn.f64 \t%fd1, %fd2;", Unit.FP64));
    assertEquals(1, count("\tcvt.rn.f32.f64 \t%f1, %fd2;", Unit.CONVERSION));
    assertEquals(1, count("\t@%p33 bra \t$L__BB0_4;", Unit.BRANCH));
    assertEquals(1, count("\tbar.sync \t0;", Unit.BARRIER));
    assertEquals(0, InstructionMix.ofPtx("\tld.param.u32 \t%r1, [k_param_0];").total());
    assertEquals(0, InstructionMix.ofPtx("$L__BB0_4:").total());
    var wide = InstructionMix.ofPtx("\tld.global.nc.v2.f64 \t{%fd1, %fd2}, [%rd1];");
    assertEquals(16, wide.deviceBytes());
    assertEquals(4, InstructionMix.ofPtx("\tst.shared.f32 \t[%r1], %f1;").sharedBytes());
  }

  @Test
  void linesOfMachineCodeToo() {
    var mix = InstructionMix.ofSass(List.of("        /*0000*/                   IMAD.MOV.U32 R1, RZ, RZ, c[0x0][0x28] ;",
        "        /*0010*/              @!P0 FFMA.FTZ R2, R3, R4, R5 ;   /* 0x0 */", "        /*0020*/                   MUFU.RCP64H R7, R9 ;",
        "        /*0030*/                   LDS.64 R2, [R4+0x10] ;", "        /*0040*/               @P1 BRA `(.L_x_3) ;",
        "        /*0050*/                   NOP ;", ".L_x_3:", "        /*0060*/                   BAR.SYNC.DEFER_BLOCKING 0x0 ;"));
    assertEquals(6, mix.total());
    for (Unit u : List.of(Unit.INTEGER, Unit.FP32, Unit.SPECIAL, Unit.SHARED, Unit.BRANCH, Unit.BARRIER)) {
      assertEquals(1, mix.count(u), u.key());
    }
  }

  /** A loop with a seldom part outside it, a nested one, and one unrolled by four beside what is left over. */
  @Test
  void whatAnItemTakesIsWithinLoops() {
    var body = """
        	add.s32 	%r1, %r2, %r3;
        $COLD:
        	mul.f32 	%f1, %f2, %f3;
        	bra.uni 	$BACK;
        $LOOP:
        	add.f32 	%f1, %f2, %f3;
        	@%p1 bra 	$BACK;
        	bra.uni 	$COLD;
        $BACK:
        $INNER:
        	ld.shared.f32 	%f2, [%r1];
        	@%p2 bra 	$INNER;
        	st.shared.f32 	[%r1], %f1;
        	@%p3 bra 	$LOOP;
        $FOUR:
        	st.shared.f32 	[%r1], %f1;
        	st.shared.f32 	[%r1+4], %f1;
        	st.shared.f32 	[%r1+8], %f1;
        	st.shared.f32 	[%r1+12], %f1;
        	@%p4 bra 	$FOUR;
        	ret;""".lines().toList();
    var mix = InstructionMix.ofPtx(Phases.loops(body));
    assertEquals(1, mix.count(Unit.FP32));
    assertEquals(2, mix.count(Unit.SHARED));
    assertEquals(3, mix.count(Unit.BRANCH));
    assertEquals(0, mix.count(Unit.INTEGER));
  }

  @Test
  void committedCountsAreThoseOfTheKernels() throws Exception {
    String nvcc = Builds.nvcc().orElse("");
    var committed = "phases".equals(System.getProperty("galvani.update")) ? null : Phases.committed(ROOT);
    if (nvcc.isEmpty() || committed != null && !committed.nvcc().equals(nvcc)) {
      String reason = "instructions as counted in PTX of nvcc " + (committed == null ? "" : committed.nvcc()) + ", not here";
      System.out.println("skipped: " + reason);
      Assumptions.abort(reason);
    }
    var ptx = new HashMap<Mode, Ptx>();
    for (Mode mode : Mode.ALL) {
      ptx.put(mode, Builds.phases(ROOT, mode));
    }
    var counted = Phases.counted(nvcc, ptx);
    Path file = ROOT.resolve("kernels/ptx/phases.csv");
    if (committed == null) {
      Files.writeString(file, counted.csv());
      return;
    }
    assertEquals(Files.readString(file), counted.csv(), "kernels/ptx/phases.csv and the counts differ; if that is what you want:"
        + " ./mvnw -pl bench -am test -Dtest=PhasesTest -Dgalvani.update=phases -Dsurefire.failIfNoSpecifiedTests=false");
    double exact = counted.of(new Mode(Precision.F32, Rates.EXACT), "hh").count(Unit.FP32);
    double poly = counted.of(new Mode(Precision.F32, Rates.POLY), "hh").count(Unit.FP32);
    assertTrue(poly > 6 * 3 && poly < exact, "six cubics, without the functions that they replace: " + poly + " of " + exact);
  }
}
