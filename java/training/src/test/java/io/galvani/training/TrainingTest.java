package io.galvani.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.InputException;
import io.galvani.cable.CableOptions;
import io.galvani.device.cpu.CpuDevice;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.SurrogateFile;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.training.Training.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingTest {
  @TempDir Path dir;
  private final Protocol protocol = TestProtocol.get();
  private Dataset data;

  @BeforeEach
  void make() throws IOException {
    data = Dataset.make(dir.resolve("data"), protocol, CpuDevice.get(), CableOptions.of(protocol.compile()), "test", ms -> { });
  }

  private Training.Options options(boolean resume, Optional<String> from) {
    return options(1, resume, from);
  }

  private Training.Options options(int seed, boolean resume, Optional<String> from) {
    return new Training.Options(Streaming.DEFAULT, dir.resolve("s.safetensors"), 2, seed, 1, resume, from, 0, Training.Schedule.DEFAULT,
        CpuDevice.get(), "test");
  }

  /** Keeps the points, and may stop the training by throwing after some time, once there is a state to go on from. */
  private final class Points implements Training.Listener {
    final List<Point> all = new ArrayList<>();
    private final double killedAt;

    Points(double killedAt) {
      this.killedAt = killedAt;
    }

    @Override
    public void at(double seconds) {
      if (seconds > killedAt && Files.exists(dir.resolve("s.training"))) {
        throw new IllegalStateException("killed");
      }
    }

    @Override
    public void point(Point point) {
      all.add(point);
    }
  }

  /** Killed before it may have had no luck for so long that it ends. */
  @Test
  void aTrainingThatWasKilledGoesOn() throws IOException {
    var killed = new Points(0.7);
    assertThrows(IllegalStateException.class, () -> Training.run(protocol, data, options(false, Optional.empty()), killed));
    Path state = dir.resolve("s.training");
    assertTrue(Files.exists(state));
    assertFalse(Files.exists(dir.resolve("s.safetensors")));
    // Not without being told to, nor one of another seed.
    assertTrue(assertThrows(InputException.class, () -> Training.run(protocol, data, options(false, Optional.empty()), new Points(9)))
        .getMessage().contains("--resume"));
    var other = options(2, true, Optional.empty());
    assertTrue(assertThrows(InputException.class, () -> Training.run(protocol, data, other, new Points(9))).getMessage()
        .contains("is the state of another training"));

    var rest = new Points(9);
    var s = Training.run(protocol, data, options(true, Optional.empty()), rest);
    assertEquals(s, SurrogateFile.read(dir.resolve("s.safetensors")));
    assertFalse(Files.exists(state));
    // First come the points that the state has, to the last digit; then the budget goes on where it was.
    int kept = 0;
    while (kept < rest.all.size() && rest.all.get(kept).equals(killed.all.get(Math.min(kept, killed.all.size() - 1)))) {
      kept++;
    }
    assertTrue(kept > 0 && kept < rest.all.size(), kept + " of " + rest.all.size());
    assertTrue(rest.all.get(kept).seconds() > rest.all.get(kept - 1).seconds());
    var curve = Files.readAllLines(dir.resolve("s.csv"));
    assertEquals(Point.HEADER, curve.getFirst());
    assertEquals(rest.all.size() + 1, curve.size(), "each point is told, and written");
    double last = 0;
    for (String line : curve.subList(1, curve.size())) {
      double seconds = Double.parseDouble(line.split(",")[0]);
      assertTrue(seconds >= last, line);
      last = seconds;
    }

    var judgement = new Judgement(protocol, Protocol.Use.TEST, CpuDevice.get(), 8, 1, ms -> { });
    assertTrue(judgement.spikes() > 10);
    var scores = judgement.scores(judgement.runs(s, "s", SurrogateOptions.DEFAULT));
    assertTrue(scores.stream().anyMatch(x -> x.key().equals("explained_variance") && x.pooled() < 1));

    // One more from its weights: better than random ones from the first point on.
    var further = new Points(9);
    Training.run(protocol, data, options(false, Optional.of(dir.resolve("s.safetensors").toString())), further);
    assertTrue(further.all.getFirst().loss() < 0.9);
  }

  @Test
  void aDamagedStateIsRefused() throws IOException {
    var learner = Streaming.DEFAULT.begin(protocol, data.read(Protocol.Use.TRAINING), options(false,
        Optional.empty()));
    learner.update(0);
    var state = new TrainingState("me", learner);
    state.seconds = 7;
    state.add(new Point(3, 10, 0.5, 0.9, 0.8, 0.9, 0.9));
    learner.update(0);
    state.add(new Point(6, 12, 0.4, 0.2, 0.1, 0.9, 0.9));
    Path file = dir.resolve("state");
    state.write(file);
    var present = learner.surrogate(Optional.empty(), Provenance.UNKNOWN);
    learner.weights().goBack();
    var best = learner.surrogate(Optional.empty(), Provenance.UNKNOWN);
    var back = new TrainingState("me", Streaming.DEFAULT.begin(protocol, data.read(Protocol.Use.TRAINING),
        options(5, false, Optional.empty())));
    back.read(file);
    assertEquals(state.curve, back.curve);
    assertEquals(7, back.seconds);
    assertEquals(2, back.learner.weights().updates());
    assertEquals(3, back.bestAt());
    assertEquals(present, back.learner.surrogate(Optional.empty(), Provenance.UNKNOWN));
    back.learner.weights().goBack();
    assertEquals(best, back.learner.surrogate(Optional.empty(), Provenance.UNKNOWN));
    assertNotEquals(present, best);
    byte[] bytes = Files.readAllBytes(file);
    bytes[200] ^= 1;
    Files.write(file, bytes);
    assertTrue(assertThrows(InputException.class, () -> back.read(file)).getMessage().contains("damaged"));
  }
}
