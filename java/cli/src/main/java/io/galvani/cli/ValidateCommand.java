package io.galvani.cli;

import io.galvani.cable.Mode;
import io.galvani.validation.Suite;
import io.galvani.validation.Verdict;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code galvani validate}. */
@Command(name = "validate", mixinStandardHelpOptions = true,
    description = "Run cases with known answers and judge what comes out. Fails unless every run passes.")
final class ValidateCommand implements Callable<Integer> {
  @Parameters(paramLabel = "DIR", arity = "1..*",
      description = "A case (a folder with a runs.json), or a folder of cases.")
  private List<Path> directories;

  @Mixin private EngineOptions engine;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    var mode = new Mode(engine.precision(), engine.rates);
    var device = engine.device();
    out.println(device.description() + ", " + mode);
    var suite = new Suite(device, mode, out::println);
    var verdicts = new ArrayList<Verdict>();
    directories.forEach(d -> verdicts.addAll(suite.judge(d)));
    long passed = verdicts.stream().filter(Verdict::passed).count();
    out.println(passed + " of " + verdicts.size() + " runs pass");
    return passed == verdicts.size() ? 0 : 1;
  }
}
