package io.galvani.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.galvani.GalvaniException;
import io.galvani.InputException;
import io.galvani.cable.CableOptions;
import io.galvani.cell.CompiledCell;
import io.galvani.cell.Fingerprint;
import io.galvani.device.Device;
import io.galvani.io.AtomicFile;
import io.jhdf.HdfFile;
import io.jhdf.exceptions.HdfException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongConsumer;

/**
 * The runs of a protocol on the disk: a directory of {@code manifest.json} and HDF5 files of {@link #BLOCK} traces each, as jhdf writes a
 * file at once from memory and cannot add to one. What a file holds is described in {@code io/galvani/protocols/README.md}.
 *
 * <p>A block is there whole, with its hash in the manifest, or not at all: a run that was killed goes on with the first that is missing.
 */
public final class Dataset {
  /** Traces of a file. */
  static final int BLOCK = 64;

  private static final String MANIFEST = "manifest.json";
  private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Path directory;
  private final JsonNode manifest;

  private Dataset(Path directory, JsonNode manifest) {
    this.directory = directory;
    this.manifest = manifest;
  }

  /**
   * Makes the data set of a protocol, or what is missing of it.
   *
   * @param version of the programme, for the manifest
   * @param progress told the ms of all traces that are done; {@link #milliseconds} there will be
   * @throws InputException if the directory holds the data of something else; names what differs
   */
  public static Dataset make(Path directory, Protocol protocol, Device device, CableOptions options, String version, LongConsumer progress)
      throws IOException {
    var cell = protocol.compile();
    Path file = directory.resolve(MANIFEST);
    var manifest = describe(protocol, cell, options, version);
    if (Files.exists(file)) {
      takeOver(file, manifest);
    }
    Files.createDirectories(directory);
    var runs = new DirectRuns(protocol, cell, device, options);
    long before = 0;
    for (JsonNode block : manifest.get("blocks")) {
      var use = Protocol.Use.valueOf(block.get("use").textValue().toUpperCase(Locale.ROOT));
      int count = block.get("traces").intValue();
      long done = before;
      Path target = directory.resolve(block.get("file").textValue());
      if (!block.has("sha256") || !Files.exists(target)) {
        var traces = runs.run(use, block.get("first").intValue(), count,
            row -> progress.accept(done + (long) (row * protocol.sample() * count)));
        ((ObjectNode) block).put("sha256", write(target, traces, manifest));
        AtomicFile.write(file, List.of(ByteBuffer.wrap(MAPPER.writeValueAsBytes(manifest))));
      }
      before += (long) (protocol.samples(use) * protocol.sample() * count);
      progress.accept(before);
    }
    return new Dataset(directory, manifest);
  }

  /** Takes the hashes of the blocks that are there from a manifest; refuses one of other data. */
  private static void takeOver(Path file, ObjectNode manifest) {
    var there = readManifest(file);
    for (var field : manifest.properties()) {
      boolean free = field.getKey().equals("blocks") || field.getKey().equals("galvani");
      if (!free && !field.getValue().equals(there.get(field.getKey()))) {
        throw new InputException(file.toString(), field.getKey(), "the data there were made with " + there.get(field.getKey())
            + ", these are of " + field.getValue(), "Name another directory, or remove that one");
      }
    }
    for (JsonNode block : manifest.get("blocks")) {
      for (JsonNode known : there.get("blocks")) {
        if (known.path("file").equals(block.get("file")) && known.path("sha256").isTextual()) {
          ((ObjectNode) block).set("sha256", known.get("sha256"));
        }
      }
    }
  }

  /** ms of all traces of a protocol. */
  public static long milliseconds(Protocol p) {
    long sum = 0;
    for (var use : p.runs().keySet()) {
      sum += (long) (p.samples(use) * p.sample() * p.runs().get(use).traces());
    }
    return sum;
  }

  private static ObjectNode describe(Protocol p, CompiledCell cell, CableOptions options, String version) {
    var m = MAPPER.createObjectNode().put("galvani", version);
    m.put("protocol", p.name()).put("protocol_sha256", p.fingerprint()).put("cell", cell.name()).put("cell_sha256", cell.fingerprint());
    m.put("dt_ms", options.dt()).put("precision", options.precision().name().toLowerCase())
        .put("rates", options.rates().name().toLowerCase());
    m.put("sample_ms", p.sample());
    var channels = m.putArray("channels");
    p.sites(cell).forEach(s -> channels.addObject().put("name", s.name()).put("slot", s.slot().name()));
    var outputs = m.putArray("outputs");
    p.outputs().forEach((name, probe) -> outputs.addObject().put("name", name).put("probe", probe.toString()));
    var blocks = m.putArray("blocks");
    for (var use : p.runs().keySet()) {
      var runs = p.runs().get(use);
      for (int first = 0; first < runs.traces(); first += BLOCK) {
        blocks.addObject().put("file", String.format("%s-%04d.h5", use, first / BLOCK)).put("use", use.toString()).put("first", first)
            .put("traces", Math.min(BLOCK, runs.traces() - first)).put("seed", runs.seed());
      }
    }
    return m;
  }

  private static String write(Path file, Traces traces, ObjectNode manifest) throws IOException {
    Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    try {
      try (var h5 = HdfFile.write(fresh)) {
        h5.putAttribute("sample_ms", manifest.get("sample_ms").doubleValue());
        h5.putDataset("events", EventCounts.dense(traces.events())).putAttribute("channels", names(manifest.get("channels")));
        h5.putDataset("outputs", traces.outputs()).putAttribute("names", names(manifest.get("outputs")));
        h5.putDataset("spikes", traces.spikes());
      }
      String hash = hash(fresh);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return hash;
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static String[] names(JsonNode list) {
    return list.findValuesAsText("name").toArray(String[]::new);
  }

  private static String hash(Path file) throws IOException {
    return new Fingerprint().add(Files.readAllBytes(file)).hex();
  }

  private static JsonNode readManifest(Path file) {
    try {
      var manifest = MAPPER.readTree(file.toFile());
      if (manifest.path("blocks").isArray()) {
        return manifest;
      }
    } catch (IOException e) {
      throw new InputException(file.toString(), null, "is not a manifest: " + e.getMessage().lines().findFirst().orElse(""),
          "Remove the directory");
    }
    throw new InputException(file.toString(), null, "is not a manifest: it lists no blocks", "Remove the directory");
  }

  /**
   * Reads the runs of a use.
   *
   * @return a block each
   * @throws InputException if a file is missing or not what was written
   */
  public List<Traces> read(Protocol.Use use) {
    var blocks = new ArrayList<Traces>();
    for (JsonNode block : manifest.get("blocks")) {
      if (!block.get("use").textValue().equals(use.toString())) {
        continue;
      }
      Path file = directory.resolve(block.get("file").textValue());
      try {
        if (!hash(file).equals(block.get("sha256").textValue())) {
          throw new InputException(file.toString(), null, "is not what was written: its hash is another", "Remove it and " + MANIFEST
              + ", and make the data again");
        }
      } catch (IOException e) {
        throw InputException.unreadable(file, e);
      }
      try (var h5 = new HdfFile(file)) {
        blocks.add(new Traces(EventCounts.of((byte[][][]) h5.getDatasetByPath("events").getData()), (float[][][]) h5.getDatasetByPath("outputs").getData(),
            (byte[][]) h5.getDatasetByPath("spikes").getData()));
      } catch (HdfException e) {
        throw new GalvaniException(file + ": " + e.getMessage(), e);
      }
    }
    return blocks;
  }
}
