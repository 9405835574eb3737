package io.galvani.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.galvani.GalvaniException;
import io.galvani.bench.Cases.Case;
import io.galvani.bench.Cases.Load;
import io.galvani.cell.CompiledCell.NodeKind;
import io.galvani.cell.CompiledCell.Placement;
import io.galvani.morphology.Section;
import io.galvani.morphology.Shape;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.stream.Stream;

/**
 * A NEURON process that holds a load and integrates it on request, so that rounds can alternate with Galvani's. It is sent
 * the cell as Galvani has it: the same points, the same parameters on the same segments.
 */
final class Neuron implements AutoCloseable {
  private static final String PYTHON = "/usr/bin/python3";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final BufferedWriter requests;
  private final BufferedReader answers;
  private final Path log;
  private final String version;

  /**
   * Starts NEURON and builds the load.
   *
   * @param root of the source tree, which has the script and the mechanisms
   * @throws GalvaniException if NEURON is not installed, or cannot build it
   */
  Neuron(Path root, Load load) throws IOException, InterruptedException {
    requireInstalled();
    log = Files.createTempFile("galvani-neuron", ".log");
    process = new ProcessBuilder(PYTHON, root.resolve("bench/peers/neuron_peer.py").toString())
        .redirectError(log.toFile()).start();
    requests = process.outputWriter();
    answers = process.inputReader();
    ObjectNode request = JSON.createObjectNode().put("cells", load.cells());
    request.set("build", describe(load.subject()));
    if (!load.subject().isSquid()) {
      request.put("library", library(root).toString());
    }
    JsonNode built = ask(request);
    version = built.get("neuron").textValue();
    int compartments = built.get("compartments").intValue();
    if (compartments != load.subject().compartments()) {
      throw new GalvaniException(load + ": NEURON has " + compartments + " compartments, Galvani "
          + load.subject().compartments());
    }
  }

  /** What NEURON calls itself. */
  String version() {
    return version;
  }

  /** Times in ms at which the first cell's soma crosses 0 mV from below, from t = 0 to {@code ms}. */
  double[] spikes(double ms) throws IOException {
    return JSON.convertValue(ask(JSON.createObjectNode().put("spikes", ms)).get("times"), double[].class);
  }

  /**
   * Integrates further.
   *
   * @param table whether hh takes its rates from NEURON's 1-mV table
   * @return CPU time in seconds
   */
  double run(double ms, boolean table) throws IOException {
    return ask(JSON.createObjectNode().put("run", ms).put("table", table)).get("seconds").doubleValue();
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    Files.deleteIfExists(log);
  }

  private JsonNode ask(JsonNode request) throws IOException {
    String answer;
    try {
      requests.write(JSON.writeValueAsString(request));
      requests.newLine();
      requests.flush();
      answer = answers.readLine();
    } catch (IOException e) {
      answer = null;  // a broken pipe: the process ended
    }
    if (answer == null) {
      throw new GalvaniException("NEURON failed: " + Files.readString(log).strip());
    }
    return JSON.readTree(answer);
  }

  static void requireInstalled() throws IOException, InterruptedException {
    if (!Files.isExecutable(Path.of(PYTHON)) || new ProcessBuilder(PYTHON, "-c", "import neuron")
        .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() != 0) {
      throw new GalvaniException("NEURON is not installed for " + PYTHON + ": apt-get install python3-neuron");
    }
  }

  // ---- mechanisms that NEURON does not come with -------------------------------------------------------------------

  /** Built from {@code validation/neuron} where its sources are younger. */
  private static Path library(Path root) throws IOException, InterruptedException {
    Path sources = root.resolve("validation/neuron");
    Path folder = root.resolve("bench/target/neuron");
    Path library = folder.resolve("libnrnmech.so");
    if (!Files.exists(library) || Files.getLastModifiedTime(library).compareTo(youngest(sources)) < 0) {
      System.err.println("bench: building NEURON's mechanisms ...");
      Files.createDirectories(folder);
      int status = new ProcessBuilder(sources.resolve("build.sh").toString(), folder.toString())
          .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT).start().waitFor();
      if (status != 0) {
        throw new GalvaniException("NEURON's mechanisms could not be built: apt-get install neuron-dev g++ make");
      }
    }
    return library;
  }

  private static FileTime youngest(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      FileTime youngest = FileTime.fromMillis(0);
      for (Path mod : files.filter(f -> f.toString().endsWith(".mod")).toList()) {
        FileTime time = Files.getLastModifiedTime(mod);
        youngest = time.compareTo(youngest) > 0 ? time : youngest;
      }
      return youngest;
    }
  }

  // ---- the cell, as NEURON is told ---------------------------------------------------------------------------------

  private static ObjectNode describe(Case c) {
    var nodes = c.cell().nodes();
    var defaults = c.cell().defaults();
    ObjectNode cell = JSON.createObjectNode().put("current", c.current()).put("v_init", defaults.vInit())
        .put("celsius", defaults.celsius()).put("dt", defaults.dt());
    var sections = new HashMap<String, ObjectNode>();
    for (Section s : c.model().sections()) {
      ObjectNode section = cell.withArray("sections").addObject().put("name", s.name()).put("nseg", nodes.nseg(s.name()));
      if (s.parent() != null) {
        section.putArray("parent").add(s.parent().section()).add(s.parent().x());
      }
      switch (s.shape()) {
        case Shape.Cylinder cylinder -> section.put("L", cylinder.length()).put("diam", cylinder.diam());
        case Shape.Points p -> section.putPOJO("points", List.of(p.x(), p.y(), p.z(), p.diam()));
      }
      section.putObject("mechanisms");
      sections.put(s.name(), section);
    }
    for (int i = 0; i < nodes.count(); i++) {
      if (nodes.kind()[i] == NodeKind.SEG) {
        sections.get(nodes.section()[i]).put("Ra", nodes.Ra()[i]).put("cm", nodes.cm()[i]);
      }
    }
    for (Placement p : c.cell().membrane()) {
      for (int row = 0; row < p.node().length; row++) {  // in the order of segments
        ObjectNode values = sections.get(nodes.section()[p.node()[row]]).withObject("mechanisms")
            .withObject(p.mechanism().name());
        for (int i = 0; i < p.values().length; i++) {
          values.withArray(p.mechanism().parameters().get(i).name()).add(p.values()[i][row]);
        }
      }
    }
    return cell;
  }
}
