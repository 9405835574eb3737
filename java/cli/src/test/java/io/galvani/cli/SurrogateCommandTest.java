package io.galvani.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SurrogateCommandTest {
  private static final Path KERAS = Path.of(System.getProperty("galvani.root")).resolve("../shared/keras").normalize();

  @TempDir
  Path dir;

  @Test
  void convertsAModelOfKerasAndShowsTheSame() {
    Path model = KERAS.resolve("synthetic/mini_cnnlstm_ball.model.h5");
    if (!Files.exists(model)) {
      System.out.println("skipped: SurrogateCommandTest.convertsAModelOfKerasAndShowsTheSame: there is no " + model);
      return;
    }
    Path file = dir.resolve("mini.safetensors");
    assertTrue(Command.run("surrogate", "convert", model.toString(), file.toString()).output().contains("layers, "));
    String own = Command.run("surrogate", "info", file.toString()).output();
    String theirs = Command.run("surrogate", "info", model.toString()).output();
    assertTrue(own.contains("LSTM") && own.contains("MFLOP") && own.contains("parameters"), own);
    assertEquals(theirs.lines().skip(1).toList(), own.lines().skip(1).toList());
  }

  @Test
  void whatIsNoSurrogateIsNamed() throws Exception {
    Path file = Files.writeString(dir.resolve("no.safetensors"), "not a surrogate");
    for (var run : new Command[] {Command.run("surrogate", "info", file.toString()),
        Command.run("surrogate", "info", dir.resolve("missing.h5").toString()),
        Command.run("surrogate", "convert", file.toString(), dir.resolve("out.h5").toString()),
        Command.run("surrogate", "convert", file.toString(), dir.resolve("out.safetensors").toString())}) {
      assertEquals(1, run.status(), run.err());
      assertTrue(run.err().startsWith("galvani: ") && run.err().strip().lines().count() == 1, run.err());
    }
    assertFalse(Files.exists(dir.resolve("out.safetensors")));
  }
}
