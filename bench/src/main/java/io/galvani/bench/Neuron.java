package io.galvani.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.galvani.Events;
import io.galvani.GalvaniException;
import io.galvani.bench.Cases.Load;
import io.galvani.cell.CellModel;
import io.galvani.cell.CompiledCell;
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
import java.util.Set;
import java.util.stream.Stream;

/**
 * A NEURON process that holds cells and integrates them on request, so that rounds can alternate with Galvani's. It is sent
 * the cell as Galvani has it: the same points, the same parameters on the same segments, the same synapses.
 */
public final class Neuron implements AutoCloseable {
  private static final String PYTHON = "/usr/bin/python3";
  /** Mechanisms that NEURON comes with; GABA is its Exp2Syn. */
  private static final Set<String> BUILT_IN = Set.of("hh", "pas", "ExpSyn", "Exp2Syn", "GABA");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final CompiledCell cell;
  private final Process process;
  private final BufferedWriter requests;
  private final BufferedReader answers;
  private final Path log;
  private final String version;

  /** A load under its current. */
  Neuron(Path root, Load load) throws IOException, InterruptedException {
    this(root, load.subject().model(), load.subject().cell(), load.cells(), load.subject().current());
  }

  /**
   * Starts NEURON and builds the cells.
   *
   * @param root of the source tree, which has the script and the mechanisms
   * @param model of the cell
   * @param cell the same, cut into compartments
   * @param current nA into the soma, from t = 0 on
   * @throws GalvaniException if NEURON is not installed, or cannot build them
   */
  public Neuron(Path root, CellModel model, CompiledCell cell, int cells, double current) throws IOException, InterruptedException {
    requireInstalled();
    this.cell = cell;
    log = Files.createTempFile("galvani-neuron", ".log");
    process = new ProcessBuilder(PYTHON, root.resolve("bench/peers/neuron_peer.py").toString())
        .redirectError(log.toFile()).start();
    requests = process.outputWriter();
    answers = process.inputReader();
    try {
      ObjectNode request = JSON.createObjectNode().put("cells", cells);
      request.set("build", describe(model, cell).put("current", current));
      if (wantsMechanisms(cell)) {
        request.put("library", library(root).toString());
      }
      JsonNode built = ask(request);
      version = built.get("neuron").textValue();
      int compartments = built.get("compartments").intValue();
      if (compartments != cell.nodes().segments()) {
        throw new GalvaniException(cell.name() + ": NEURON has " + compartments + " compartments, Galvani " + cell.nodes().segments());
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** What NEURON calls itself. */
  public String version() {
    return version;
  }

  /** Times in ms at which the first cell's soma crosses 0 mV from below, from t = 0 to {@code ms}. */
  double[] spikes(double ms) throws IOException {
    return JSON.convertValue(ask(JSON.createObjectNode().put("spikes", ms)).get("times"), double[].class);
  }

  /**
   * Begins anew at t = 0, with all that will arrive at synapses. Of the slots only those that are named are there.
   *
   * @param events of the slots' own weights
   */
  public void drive(Events events) throws IOException {
    ObjectNode request = JSON.createObjectNode();
    ObjectNode slots = request.putObject("slots");
    ArrayNode rows = request.putArray("drive");
    for (int i = 0; i < events.size(); i++) {
      rows.addArray().add(events.time(i)).add(events.cell(i)).add(events.slot(i));
      String key = Integer.toString(events.slot(i));
      if (!slots.has(key)) {
        slots.set(key, synapse(events.slot(i)));
      }
    }
    ask(request);
  }

  /**
   * Integrates further.
   *
   * @param table whether hh takes its rates from NEURON's 1-mV table
   * @return CPU time in seconds
   */
  public double run(double ms, boolean table) throws IOException {
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

  /** Fails where NEURON is not, with the way to get it. */
  public static void requireInstalled() throws IOException, InterruptedException {
    if (!Files.isExecutable(Path.of(PYTHON)) || new ProcessBuilder(PYTHON, "-c", "import neuron")
        .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() != 0) {
      throw new GalvaniException("NEURON is not installed for " + PYTHON + ": apt-get install python3-neuron");
    }
  }

  // ---- mechanisms that NEURON does not come with -------------------------------------------------------------------

  /**
   * Says what is missing before any cell is built.
   *
   * @throws GalvaniException if NEURON is not installed, or lacks mechanisms of the cell that cannot be built
   */
  public static void requireInstalled(Path root, CompiledCell cell) throws IOException, InterruptedException {
    requireInstalled();
    if (wantsMechanisms(cell)) {
      library(root);
    }
  }

  private static boolean wantsMechanisms(CompiledCell cell) {
    return Stream.concat(cell.membrane().stream(), cell.receptors().stream()).anyMatch(p -> !BUILT_IN.contains(p.mechanism().name()));
  }

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

  private static ObjectNode describe(CellModel model, CompiledCell cell) {
    var nodes = cell.nodes();
    var defaults = cell.defaults();
    ObjectNode json = JSON.createObjectNode().put("v_init", defaults.vInit()).put("celsius", defaults.celsius()).put("dt", defaults.dt());
    var sections = new HashMap<String, ObjectNode>();
    for (Section s : model.sections()) {
      ObjectNode section = json.withArray("sections").addObject().put("name", s.name()).put("nseg", nodes.nseg(s.name()));
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
    for (Placement p : cell.membrane()) {
      for (int row = 0; row < p.node().length; row++) {  // in the order of segments
        ObjectNode values = sections.get(nodes.section()[p.node()[row]]).withObject("mechanisms")
            .withObject(p.mechanism().name());
        for (int i = 0; i < p.values().length; i++) {
          values.withArray(p.mechanism().parameters().get(i).name()).add(p.values()[i][row]);
        }
      }
    }
    return json;
  }

  private ObjectNode synapse(int slot) {
    var at = cell.slots().get(slot);
    Placement p = cell.receptors().get(cell.slotReceptor()[slot][0]);
    int row = cell.slotReceptor()[slot][1];
    ObjectNode json = JSON.createObjectNode().put("section", at.at().section()).put("x", at.at().x())
        .put("kind", p.mechanism().name()).put("weight", at.weight());
    ObjectNode parameters = json.putObject("parameters");
    for (int i = 0; i < p.values().length; i++) {
      parameters.put(p.mechanism().parameters().get(i).name(), p.values()[i][row]);
    }
    return json;
  }
}
