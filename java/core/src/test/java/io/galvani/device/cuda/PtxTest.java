package io.galvani.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class PtxTest {
  private static final String HEAD = "// galvani: some\n// sources: 0\n//\n.version 8.0\n.target sm_80\n.address_size 64\n";

  @Test
  void readsParametersAndBounds() {
    Ptx ptx = Ptx.parse("test", HEAD + """
        .visible .entry all(
        \t.param .u64 all_param_0,
        \t.param .u64 .ptr .global .align 4 all_param_1,
        \t.param .align 8 .b8 all_param_2[48],
        \t.param .u8 all_param_3,
        \t.param .f32 all_param_4
        )
        .maxntid 32, 4, 2
        .minnctapersm 2
        {
        \tret;
        }
        .visible .entry none()
        {
        \tret;
        }
        .entry bare
        .maxntid 64
        {
        }
        .func helper(.param .b32 x) { }
        """);
    assertEquals("some", ptx.name());
    assertEquals("8.0", ptx.version());
    assertEquals("sm_80", ptx.target());
    assertEquals(List.of("all", "none", "bare"), List.copyOf(ptx.entries().keySet()));
    Ptx.Entry all = ptx.entry("all");
    assertEquals(256, all.maxThreads());
    assertEquals(2, all.minBlocks());
    assertEquals("[u64, u64, struct of 48 bytes, u8, f32]", all.parameters().toString());
    assertEquals(List.of(8, 8, 48, 1, 4), all.parameters().stream().map(Ptx.Parameter::bytes).toList());
    assertEquals(0, ptx.entry("none").maxThreads());
    assertEquals(List.of(), ptx.entry("none").parameters());
    assertEquals(64, ptx.entry("bare").maxThreads());
    assertEquals(0, ptx.entry("bare").minBlocks());
    assertEquals("0", ptx.sources());
    assertEquals("", Ptx.parse("test", HEAD.replace("// sources: 0\n", "")).sources());
  }

  @Test
  void whatIsNotPtxIsNamed() {
    for (String text : List.of("", "\u007fELF", HEAD.replace("// galvani: some\n", ""), HEAD.replace(".version 8.0", ""),
        HEAD.replace(".target", "target"), HEAD + ".visible .entry k(\n .param .v4 x[\n)\n{}")) {
      var e = assertThrows(InputException.class, () -> Ptx.parse("some.ptx", text));
      assertTrue(e.getMessage().startsWith("some.ptx:"), e.getMessage());
    }
    var e = assertThrows(GalvaniException.class, () -> Ptx.packaged("nothing"));
    assertTrue(e.getMessage().contains("/io/galvani/kernels/nothing.ptx is not in the jar"), e.getMessage());
  }

  /** The committed PTX is that of the committed sources. */
  @Test
  void everyPtxIsThatOfItsSources() throws Exception {
    var build = new ProcessBuilder(Path.of(System.getProperty("galvani.root"), "kernels", "build.sh").toString(), "--check")
        .redirectErrorStream(true).start();
    String output = new String(build.getInputStream().readAllBytes());
    assertEquals(0, build.waitFor(), output);
    assertEquals("", output);
  }
}
