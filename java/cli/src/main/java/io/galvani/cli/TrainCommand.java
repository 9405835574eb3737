package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.bench.Machine;
import io.galvani.cable.CableOptions;
import io.galvani.io.AtomicFile;
import io.galvani.surrogate.Provenance;
import io.galvani.surrogate.Surrogate;
import io.galvani.surrogate.SurrogateFile;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.trace.ClosedLoopScores.Score;
import io.galvani.training.Learner;
import io.galvani.training.Protocol;
import io.galvani.training.Streaming;
import io.galvani.training.Training;
import io.galvani.training.torch.Architecture;
import io.galvani.training.torch.Stateful;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
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
    description = "Train a surrogate of a cell under a protocol, and score it on runs that it has not seen.",
    footer = {"", "Makes the data first if they are not there. Beside the surrogate it writes NAME.html, a report, NAME.csv, the learning"
        + " curve, and every minute NAME.training, from which --resume goes on.%n"})
final class TrainCommand implements Callable<Integer> {
  private static final Pattern DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)(s|m|h)");

  @Parameters(paramLabel = "PROTOCOL", description = "A protocol that comes with Galvani (ball, l5pc), or a file (.yaml).")
  private String protocol;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "The surrogate to write (.safetensors).")
  private Path out;

  @Option(names = "--kind", paramLabel = "KIND", defaultValue = "streaming",
      description = "streaming: driven by events, carries state, feeds nothing back; lstm: likewise, an LSTM behind a convolution; or a"
          + " network over the last 64 samples, its predictions fed back, as in Olah et al. 2022: linear, nonlinear, deep, convolutional,"
          + " cnn-lstm. Default: ${DEFAULT-VALUE}")
  private String kind;

  @Option(names = "--budget", paramLabel = "TIME", defaultValue = "5m",
      description = "Time for training, such as 90s, 5m, 1h; the learning rate falls to 0 over it. Default: ${DEFAULT-VALUE}")
  private String budget;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
      description = "Seed of the first weights and of the order of the data. Default: ${DEFAULT-VALUE}")
  private long seed;

  @Option(names = "--data", paramLabel = "DIR", description = "Where the data are, or will be kept. Default: PROTOCOL.data beside FILE")
  private Path data;

  @Option(names = "--from", paramLabel = "SURROGATE",
      description = "Begin with the weights of a surrogate that comes with Galvani, or of a file, and not with random ones.")
  private String from;

  @Option(names = "--top", paramLabel = "N",
      description = "With --from: train the last N layers that have weights alone, and leave the others as they are: to fit a"
          + " surrogate to a cell that has changed, in minutes.")
  private Integer top;

  @Option(names = "--rate", paramLabel = "R",
      description = "Rate of learning, at first; it falls to 0. Default: what suits the network; with --from, half of it keeps what was"
          + " learnt where all layers of a large network are trained")
  private Double rate;

  @Option(names = "--curriculum", paramLabel = "S", defaultValue = "0",
      description = "Share of the budget during which the runs become harder: rest, isolated inputs, many inputs without a spike, spikes."
          + " Default: ${DEFAULT-VALUE}, all from the start")
  private double curriculum;

  @Option(names = "--resume", description = "Go on with a training that was interrupted.")
  private boolean resume;

  @Option(names = "--features", paramLabel = "N",
      description = "Traces of the events, or of mixtures of them. Default: 8 a channel; 96 where there are more than 16 channels; with"
          + " --from, what it has. It may be made larger, as may the next two: what is new leads to nothing at first.")
  private Integer features;

  @Option(names = "--hidden", paramLabel = "N", description = "Hidden units. Default: 64; 96 where there are more than 16 channels")
  private Integer hidden;

  @Option(names = "--memories", paramLabel = "N", description = "Leaking memories. Default: 48; 64 where there are more than 16 channels")
  private Integer memories;

  @Mixin private CellOption cell;

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
    var network = kind();
    if (top != null && (from == null || top < 1)) {
      throw new InputException("--top", null, top < 1 ? top + " is below 1" : "there is nothing to leave as it is without --from", null);
    }
    if (rate != null && !(rate > 0 && rate < 1)) {
      throw new InputException("--rate", null, rate + " is not between 0 and 1", "Write e.g. 1e-3");
    }
    if (!(curriculum >= 0 && curriculum <= 1)) {
      throw new InputException("--curriculum", null, curriculum + " is not from 0 to 1", "Write e.g. 0.2");
    }
    var p = cell.protocol(protocol);
    var cable = CableOptions.of(p.compile()).precision(engine.precision()).rates(engine.rates).threads(threads);
    Path directory = data != null ? data : out.resolveSibling(p.name() + ".data");
    var dataset = DatasetCommand.make(p, directory, engine, cable);
    var options = new Training.Options(network, out, seconds, seed, threads, resume, Optional.ofNullable(from), top == null ? 0 : top,
        new Training.Schedule(rate == null ? OptionalDouble.empty() : OptionalDouble.of(rate), curriculum), engine.device(),
        Galvani.Version.number());
    PrintWriter print = spec.commandLine().getOut();
    Surrogate trained;
    var curve = new ArrayList<Training.Point>();
    try (var progress = new Progress("train", "s", (long) Math.ceil(seconds))) {
      trained = Training.run(p, dataset, options, new Training.Listener() {
        @Override
        public void at(double done) {
          progress.at(done);
        }

        @Override
        public void point(Training.Point c) {
          curve.add(c);
          print.printf("%6.0f s %8d updates   loss %.4f   explained variance %5.1f %%   precision, recall at ±1 ms %5.1f, %5.1f %%%n",
              c.seconds(), c.updates(), c.loss(), 100 * c.pooled(), 100 * c.precision(), 100 * c.recall());
        }
      });
    }
    var scores = score(p, trained, print);
    Path report = out.resolveSibling(out.getFileName().toString().replaceFirst("\\.safetensors$", ".html"));
    String machine = Machine.cpu() + ", " + threads + (threads == 1 ? " thread; " : " threads; ") + engine.device().description();
    String command = "galvani " + String.join(" ", spec.commandLine().getParseResult().originalArgs());
    AtomicFile.write(report, List.of(StandardCharsets.UTF_8.encode(TrainReport.html(network + " for " + p.cell(), machine, command, curve,
        Map.of(out.getFileName().toString(), scores)))));
    print.printf("%s: learning curve and scores%n", report);
    return 0;
  }

  /** Scores it on the test runs, and writes the scores into its file. */
  private List<Score> score(Protocol p, Surrogate trained, PrintWriter print) throws IOException {
    int traces = p.runs().get(Protocol.Use.TEST).traces();
    var judgement = ScoreCommand.judgement(p, Protocol.Use.TEST, traces, engine.device(), threads);
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
    return scores;
  }

  private Learner.Kind kind() {
    var streaming = new Streaming(features, hidden, memories);
    var kinds = new ArrayList<Learner.Kind>(List.of(streaming));
    kinds.addAll(List.of(Stateful.values()));
    kinds.addAll(List.of(Architecture.values()));
    var chosen = kinds.stream().filter(k -> k.toString().equals(kind)).findFirst()
        .orElseThrow(() -> InputException.unknown("--kind", null, "kind", kind, kinds.stream().map(Object::toString).toList()));
    if (chosen != streaming && !streaming.equals(Streaming.DEFAULT)) {
      throw new InputException("--kind", null, kind + " has sizes of its own", "Leave out --features, --hidden and --memories");
    }
    return chosen;
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
