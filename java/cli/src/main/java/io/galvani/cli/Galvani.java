package io.galvani.cli;

import io.galvani.GalvaniException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code galvani} command. Exit status 0: done; 1: it failed, or a case did not pass; 2: it was called wrongly.
 */
@Command(name = "galvani", description = "Neuron simulation for the JVM.", mixinStandardHelpOptions = true,
    versionProvider = Galvani.Version.class, synopsisSubcommandLabel = "COMMAND",
    subcommands = {SimulateCommand.class, CellsCommand.class, MechanismsCommand.class, ValidateCommand.class,
        SurrogateCommand.class, DatasetCommand.class, TrainCommand.class, ScoreCommand.class, CompareCommand.class, GeneraliseCommand.class,
        BenchCommand.class, DoctorCommand.class, SelftestCommand.class})
public final class Galvani implements Runnable {
  @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Print the stack trace of a failure.")
  private boolean debug = Boolean.getBoolean("galvani.debug");

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /** Runs the command and ends the JVM with its exit status. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** The command with its way to report failures; for tests too. */
  static CommandLine commandLine() {
    var galvani = new Galvani();
    return new CommandLine(galvani)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setAbbreviatedOptionsAllowed(false)
        .setParameterExceptionHandler((e, arguments) -> misused(e))
        .setExecutionExceptionHandler((e, line, parsed) -> galvani.failed(e, line));
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  private static int misused(ParameterException e) {
    CommandLine line = e.getCommandLine();
    PrintWriter err = line.getErr();
    err.println("galvani: " + e.getMessage());
    UnmatchedArgumentException.printSuggestions(e, err);
    err.println("See '" + line.getCommandSpec().qualifiedName() + " --help'.");
    return line.getCommandSpec().exitCodeOnInvalidInput();
  }

  private int failed(Exception e, CommandLine line) {
    line.getErr().println("galvani: " + message(e));
    if (debug) {
      e.printStackTrace(line.getErr());
    }
    return line.getCommandSpec().exitCodeOnExecutionException();
  }

  private static String message(Exception e) {
    return switch (e) {
      case GalvaniException g -> g.getMessage();
      case UncheckedIOException u -> message(u.getCause());
      case FileSystemException f -> f.getFile() + ": " + (f.getReason() == null
          ? f.getClass().getSimpleName().replace("Exception", "") : f.getReason());
      case IOException io -> io.getMessage();
      default -> "this should not have happened: " + e + ". Run it again with --debug and report what it prints";
    };
  }

  /** The version in the manifest of the jar. */
  static final class Version implements IVersionProvider {
    static String number() {
      String version = Galvani.class.getPackage().getImplementationVersion();
      return version == null ? "development" : version;
    }

    @Override
    public String[] getVersion() {
      return new String[] {"galvani " + number()};
    }
  }
}
