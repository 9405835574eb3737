package io.galvani.validation;

import io.galvani.InputException;
import io.galvani.cable.Mode;
import io.galvani.device.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Runs all cases of a folder, or of the folders in it, and prints a verdict on each run. */
public final class Suite {
  private final Device device;
  private final Mode mode;
  private final Excerpt.Choice choice;
  private final Consumer<String> out;

  /**
   * @param out takes a line for each run
   */
  public Suite(Device device, Mode mode, Consumer<String> out) {
    this(device, mode, Excerpt.Choice.WHOLE, out);
  }

  /**
   * @param choice which part of each run is judged
   * @param out takes a line for each run
   */
  public Suite(Device device, Mode mode, Excerpt.Choice choice, Consumer<String> out) {
    this.device = device;
    this.mode = mode;
    this.choice = choice;
    this.out = out;
  }

  /**
   * Judges the cases below a directory: itself, or its sub-folders that hold a {@code runs.json}.
   *
   * @return one verdict for each run, in order
   */
  public List<Verdict> judge(Path dir) {
    var verdicts = new ArrayList<Verdict>();
    for (Path folder : folders(dir)) {
      if (Files.isRegularFile(folder.resolve(Case.FILE))) {
        judgeCase(folder, verdicts);
      } else {
        out.accept("      " + folder.getFileName() + "  is not a case: it has no " + Case.FILE);
      }
    }
    if (verdicts.isEmpty()) {
      throw new InputException(dir.toString(), null, "holds no case: no " + Case.FILE + " in it or one level below",
          null);
    }
    return verdicts;
  }

  private static List<Path> folders(Path dir) {
    if (!Files.isDirectory(dir)) {
      throw new InputException(dir.toString(), null, "there is no such directory", null);
    }
    if (Files.isRegularFile(dir.resolve(Case.FILE))) {
      return List.of(dir);
    }
    try (var inside = Files.list(dir)) {
      return inside.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw InputException.unreadable(dir, e);
    }
  }

  private void judgeCase(Path folder, List<Verdict> to) {
    Case c;
    try {
      c = Case.read(folder);
    } catch (InputException e) {
      add(to, Verdict.unsupported(folder.getFileName().toString(), e.getMessage()));
      return;
    }
    c.rates().forEach((mechanism, file) -> {
      String run = c.name() + "/" + mechanism;
      add(to, attempt(run, () -> RatesJudge.judge(run, mechanism, folder.resolve(file))));
    });
    var judge = new Judge(device, mode, folder, c);
    for (Case.Run run : c.runs()) {
      String name = c.name() + "/" + run.name();
      double[] spikes = run.spikes() == null ? new double[0] : Case.spikeTimes(folder.resolve(run.spikes())).interpolated();
      choice.of(name, run.tstop(), spikes).ifPresent(excerpt -> add(to, attempt(name, () -> judge.judge(run, excerpt))));
    }
  }

  // What a case asks for and we lack shows itself as bad input.
  private static Verdict attempt(String run, Supplier<Verdict> judge) {
    try {
      return judge.get();
    } catch (InputException e) {
      return Verdict.unsupported(run, e.getMessage());
    }
  }

  private void add(List<Verdict> to, Verdict verdict) {
    to.add(verdict);
    out.accept(verdict.toString());
  }
}
