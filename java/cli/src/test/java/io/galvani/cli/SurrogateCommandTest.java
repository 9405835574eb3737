package io.galvani.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateFile;
import io.galvani.surrogate.Tensor;
import io.jhdf.HdfFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SurrogateCommandTest {
  @TempDir Path dir;

  @Test
  void showsWhatIsInAFile() throws IOException {
    var dense = new Layer.Dense("dense", Tensor.of(new float[12], 6, 2), Tensor.of(new float[2], 2), Activation.LINEAR);
    var network = Network.of("net", 2, 3, List.of(new Layer.Flatten("flat"), dense));
    Path file = dir.resolve("net.safetensors");
    SurrogateFile.write(file, Surrogate.of("net", network));
    String out = Command.run("surrogate", "describe", file.toString()).output();
    for (String says : List.of("net: 2 samples of 1.0 ms, 3 channels, 2 outputs, the mean of 1", "kernel [6, 2], bias [2]", "[6]",
        "14 parameters", "dense: the window times its matrix once, 0.0 kFLOP", "0.0 kFLOP a prediction where a framework computes 0.0 kFLOP", "outputs: channel0 to channel channel0, channel1 to channel channel1")) {
      assertTrue(out.contains(says), out);
    }
  }

  @Test
  void convertsWeightsOfKeras() throws IOException {
    Path keras = dir.resolve("w.h5");
    try (var hdf = HdfFile.write(keras)) {
      hdf.putAttribute("layer_names", new String[] {"d"});
      var group = hdf.putGroup("d");
      group.putAttribute("weight_names", new String[] {"d/kernel:0"});
      group.putGroup("d").putDataset("kernel:0", new float[][] {{1}, {2}});
    }
    Path description = Files.writeString(dir.resolve("d.yaml"), """
        name: cell
        window: 4
        channels: [{name: v, unit: mV, offset: -70, scale: 100}, {name: exc, unit: uS}]
        slots: {exc: {at: soma(0.5), kind: ExpSyn, weight: 0.001, channel: exc}}
        layers: [{type: Dense, name: d}]
        spikes: {output: v, threshold: -20}
        """);
    Path out = dir.resolve("cell.safetensors");
    String said = Command.run("surrogate", "convert", keras.toString(), "--description", description.toString(), out.toString()).output();
    assertTrue(said.contains("1 layers, 3 parameters"), said);
    String info = Command.run("surrogate", "describe", out.toString()).output();
    assertTrue(info.contains("cell: 4 samples") && info.contains("slots: 1") && info.contains("spikes: v, crossing at -20.0 mV"), info);
  }

  @Test
  void exportsNetworks() throws IOException {
    var conv = new Layer.Conv1D("c", Tensor.of(new float[6], 2, 3, 1), Tensor.of(new float[1], 1), 1, Activation.TANH);
    var dense = new Layer.Dense("dense", Tensor.of(new float[8], 4, 2), Tensor.of(new float[2], 2), Activation.LINEAR);
    Path file = dir.resolve("net.safetensors");
    SurrogateFile.write(file, Surrogate.of("net", Network.of("net", 4, 3, List.of(conv, new Layer.Flatten("flat"), dense))));
    for (String form : List.of("whole", "incremental")) {
      Path out = dir.resolve(form + ".onnx");
      String said = form.equals("whole") ? Command.run("surrogate", "export", file.toString(), out.toString()).output()
          : Command.run("surrogate", "export", file.toString(), out.toString(), "--incremental").output();
      assertEquals("%s: %,d bytes%n".formatted(out, Files.size(out)), said);
    }
    var flat = Network.of("flat", 1, 2, List.of(new Layer.Flatten("flat"), new Layer.RepeatVector("r", 2)));
    SurrogateFile.write(file, Surrogate.of("flat", flat));
    for (var bad : List.of(List.of(file.toString(), file.toString()), List.of(file.toString(), dir.toString()),
        List.of(file.toString(), dir.resolve("none/out.onnx").toString()),
        List.of(file.toString(), dir.resolve("out.onnx").toString(), "--incremental"))) {
      var run = Command.run(Stream.concat(Stream.of("surrogate", "export"), bad.stream()).toArray(String[]::new));
      assertEquals(1, run.status());
      assertTrue(run.err().startsWith("galvani: " + dir) && run.err().strip().lines().count() == 1, run.err());
      assertFalse(run.err().contains("should not have happened"), run.err());
    }
    assertEquals("flat", SurrogateFile.read(file).name());
    assertFalse(Files.exists(dir.resolve("out.onnx")));
  }

  @Test
  void whatIsWrongIsOneSentence() throws IOException {
    Path bad = Files.writeString(dir.resolve("bad.h5"), "not HDF5 at all, and long enough to be looked at");
    Path out = dir.resolve("out.safetensors");
    for (var run : List.of(Command.run("surrogate", "describe", bad.toString()),
        Command.run("surrogate", "describe", dir.resolve("none").toString()),
        Command.run("surrogate", "convert", bad.toString(), out.toString()),
        Command.run("surrogate", "convert", bad.toString(), dir.resolve("x.h5").toString()))) {
      assertEquals(1, run.status());
      assertTrue(run.err().startsWith("galvani: " + dir) && run.err().strip().lines().count() == 1, run.err());
      assertFalse(run.err().contains("should not have happened"), run.err());
    }
    assertFalse(Files.exists(out));
  }
}
