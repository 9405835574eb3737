package io.galvani.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.galvani.InputException;
import io.galvani.Probe;
import io.galvani.device.Device;
import io.galvani.io.OutputDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/** {@code run.json}: what was run, in full, so that it can be repeated and, resumed, is known to be the same. */
final class RunDescription {
  private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Instant started = Instant.now();
  private final Device device;
  private final ObjectNode run = MAPPER.createObjectNode();

  RunDescription(String name, Subject subject, double tstop, Path events, int eventCount, Map<Probe, String> outputs, int every,
      Device device) throws IOException {
    this.device = device;
    run.put("galvani", Galvani.Version.number());
    subject.describe(name, tstop, run);
    if (events != null) {
      run.putObject("events").put("file", events.toString()).put("sha256", Subject.hash(events))
          .put("count", eventCount);
    }
    run.put("record_every_ms", every * subject.step());
    var recorded = run.putObject("record");
    outputs.forEach((probe, file) -> recorded.put(probe.toString(), file));
  }

  /** Writes what is run, before it runs. */
  void begin(OutputDirectory directory) throws IOException {
    MAPPER.writeValue(directory.file(OutputDirectory.RUN_FILE).toFile(), run);
  }

  /**
   * Checks that an unfinished directory is of this very run.
   *
   * @throws InputException that names what differs
   */
  void requireSame(OutputDirectory directory) throws IOException {
    Path file = directory.file(OutputDirectory.RUN_FILE);
    JsonNode other = MAPPER.readTree(file.toFile());
    for (var field : run.properties()) {
      if (!field.getValue().equals(MAPPER.valueToTree(other.get(field.getKey())))) {
        throw new InputException(file.toString(), field.getKey(), "the run to resume had " + other.get(field.getKey())
            + ", this one has " + field.getValue(), "Give the options of that run");
      }
    }
  }

  /** Writes the description once more, with what came of it. */
  void finish(OutputDirectory directory, long spikes) throws IOException {
    run.put("spikes", spikes);
    run.put("device", device.description());
    run.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    run.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
        + System.getProperty("os.arch"));
    run.put("started", started.truncatedTo(ChronoUnit.SECONDS).toString());
    run.put("wall_s", Duration.between(started, Instant.now()).toMillis() / 1e3);
    begin(directory);
  }
}
