package io.galvani.cli;

import io.galvani.InputException;
import io.galvani.Population;
import io.galvani.Spikes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** {@code spikes.csv}: a row for each spike, in order of time. */
final class SpikeFile implements AutoCloseable {
  private static final String HEADER = "cell,source,time_ms,time_interp_ms\n";

  private final FileChannel channel;
  private final Population population;
  private long count;

  private SpikeFile(FileChannel channel, Population population, long count) {
    this.channel = channel;
    this.population = population;
    this.count = count;
  }

  /**
   * Opens the file, or goes on with it.
   *
   * @param resumed ms; later spikes, of the time after a checkpoint, are dropped. Negative: begin anew
   */
  static SpikeFile open(Path file, Population population, double resumed) throws IOException {
    if (resumed < 0) {
      var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      channel.write(ByteBuffer.wrap(HEADER.getBytes(StandardCharsets.UTF_8)));
      return new SpikeFile(channel, population, 0);
    }
    long length = HEADER.length();
    long count = 0;
    try (var lines = Files.newBufferedReader(file)) {
      if (!(lines.readLine() + "\n").equals(HEADER)) {
        throw InputException.at(file, 1, "is not " + HEADER.strip(), "The unfinished run is damaged; start it anew");
      }
      // Rows up to the checkpoint are whole: they were on the disk before it.
      for (String row = lines.readLine(); row != null; row = lines.readLine()) {
        String[] field = row.split(",");
        if (field.length < 4 || Double.parseDouble(field[2]) > resumed + population.step() / 2) {
          break;
        }
        length += row.getBytes(StandardCharsets.UTF_8).length + 1;
        count++;
      }
    }
    var channel = FileChannel.open(file, StandardOpenOption.WRITE);
    channel.truncate(length);
    channel.position(channel.size());
    return new SpikeFile(channel, population, count);
  }

  void write(Spikes spikes) throws IOException {
    var text = new StringBuilder();
    for (int i = 0; i < spikes.size(); i++) {
      text.append(spikes.cell(i)).append(',').append(population.sources().get(spikes.source(i)).at()).append(',')
          .append(decimal(spikes.time(i))).append(',').append(spikes.crossing(i)).append('\n');
    }
    ByteBuffer b = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
    while (b.hasRemaining()) {
      channel.write(b);
    }
    count += spikes.size();
  }

  long count() {
    return count;
  }

  void force() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** A grid time without the dust of its multiplication: 12.025, not 12.025000000000002. */
  private static double decimal(double time) {
    return Math.round(time * 1e9) / 1e9;
  }
}
