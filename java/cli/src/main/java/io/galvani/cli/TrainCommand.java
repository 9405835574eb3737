package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.cable.CableOptions;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateFile;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.training.Judgement;
import io.galvani.training.Protocol;
import io.galvani.training.Training;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code galvani train}. */
@Command(name = "train", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Train a streaming surrogate of a cell under a protocol, and score it on runs that it has not seen.",
    footer = {"", "Makes the data first if they are not there. Beside the surrogate it writes NAME.csv, the learning curve, and every"
        + " minute NAME.training, from which --resume goes on.%n"})
final class TrainCommand implements Callable<Integer> {
  private static final Pattern DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)(s|m|h)");

  @Parameters(paramLabel = "PROTOCOL", description = "A protocol that comes with Galvani (ball, l5pc), or a file (.yaml).")
  private String protocol;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "The surrogate to write (.safetensors).")
  private Path out;

  @Option(names = "--budget", paramLabel = "TIME", defaultValue = "5m",
      description = "Time for training, such as 90s, 5m, 1h; the learning rate falls to 0 over it. Default: ${DEFAULT-VALUE}")
  private String budget;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
      description = "Seed of the first weights and of the order of the data. Default: ${DEFAULT-VALUE}")
  private long seed;

  @Option(names = "--data", paramLabel = "DIR", description = "Where the data are, or will be kept. Default: PROTOCOL.data beside FILE")
  private Path data;

  @Option(names = "--from", paramLabel = "SURROGATE",
      description = "Begin with its weights, and not with random ones: one that comes with Galvani, or a file.")
  private Path from;

  @Option(names = "--resume", description = "Go on with a training that was interrupted.")
  private boolean resume;

  @Option(names = "--features", paramLabel = "N",
      description = "Traces of the events, or of mixtures of them. Default: 8 a channel; 96 where there are more than 16 channels")
  private Integer features;

  @Option(names = "--hidden", paramLabel = "N", description = "Hidden units. Default: 64")
  private Integer hidden;

  @Option(names = "--memories", paramLabel = "N", description = "Leaking memories. Default: 48; 64 where there are more than 16 channels")
  private Integer memories;

  @Mixin private EngineOptions engine;

  @Option(names = "--threads", paramLabel = "N", description = "Threads. Default: one for each core")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (!SurrogateFile.isOne(out.toString())) {
      throw new InputException("--out", null, out + " has not the name of a surrogate", "Write NAME.safetensors");
    }
    double seconds = seconds(budget);
    var p = Protocol.load(protocol);
    var cable = CableOptions.of(p.compile()).precision(engine.precision()).rates(engine.rates).threads(threads);
    Path directory = data != null ? data : out.resolveSibling(p.name() + ".data");
    var dataset = DatasetCommand.make(p, directory, engine, cable);
    var options = new Training.Options(out, seconds, seed, threads, resume, Optional.ofNullable(from),
        new Training.Sizes(features, hidden, memories), Galvani.Version.number());
    PrintWriter print = spec.commandLine().getOut();
    Surrogate trained;
    try (var progress = new Progress("train", "s", (long) Math.ceil(seconds))) {
      trained = Training.run(p, dataset, options, new Training.Listener() {
        @Override
        public void at(double done) {
          progress.at(done);
        }

        @Override
        public void point(Training.Point c) {
          print.printf("%6.0f s %8d updates   loss %.4f   explained variance %5.1f %%   precision, recall at ±1 ms %5.1f, %5.1f %%%n",
              c.seconds(), c.updates(), c.loss(), 100 * c.pooled(), 100 * c.precision(), 100 * c.recall());
        }
      });
    }
    score(p, trained, print);
    return 0;
  }

  /** Scores it on the test runs, and writes the scores into its file. */
  private void score(Protocol p, Surrogate trained, PrintWriter print) throws IOException {
    int traces = p.runs().get(Protocol.Use.TEST).traces();
    var judgement = ScoreCommand.judgement(p, Protocol.Use.TEST, traces, engine, threads);
    var scores = judgement.scores(judgement.runs(trained, out.toString(), SurrogateOptions.DEFAULT.threads(threads)));
    var kept = new LinkedHashMap<String, Double>();
    scores.forEach(s -> {
      if (Double.isFinite(s.pooled())) {
        kept.put(s.key(), Math.round(s.pooled() * 1e5) / 1e5);
      }
    });
    var from = trained.provenance();
    SurrogateFile.write(out, new Surrogate(trained.name(), trained.about(), trained.sample(), trained.network(), trained.channels(),
        trained.outputs(), trained.slots(), trained.spikes(), new Provenance(from.cell(), from.training(), from.version(), kept)));
    print.println();
    ScoreCommand.print(print, p, Protocol.Use.TEST, judgement, traces, scores);
    print.printf("%n%s: %,d parameters%n", out, trained.network().parameters());
  }

  private static double seconds(String text) {
    var m = DURATION.matcher(text);
    double seconds = !m.matches() ? 0 : Double.parseDouble(m.group(1)) * switch (m.group(2)) {
      case "h" -> 3600;
      case "m" -> 60;
      default -> 1;
    };
    if (seconds <= 0) {
      throw new InputException("--budget", null, "'" + text + "' is no time", "Write e.g. 90s, 5m or 1h");
    }
    return seconds;
  }
}
