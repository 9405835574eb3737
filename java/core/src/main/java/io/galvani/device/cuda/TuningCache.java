package io.galvani.device.cuda;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.galvani.GalvaniException;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.device.LibraryCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What {@code ./galvani bench --tune} found best: {@code tuning.json}, and beside it the PTX of kernels that do not ship. A file that is
 * damaged or of another version is as good as none; who reads it is told in a line.
 *
 * @param folder that holds it
 * @param warn takes that line
 */
public record TuningCache(Path folder, Consumer<String> warn) {
  private static final int VERSION = 2;
  private static final double NEAR = 2;  // a choice serves populations of up to twice as many cells, or half
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * For what a choice holds.
   *
   * @param gpu its name
   * @param driver as {@link Cuda#driver} has it
   * @param cell fingerprint of the compiled cell, without its slots
   * @param cells of the population
   */
  public record Key(String gpu, String driver, Precision precision, Rates rates, String cell, int cells) {
    private boolean sameBut(Key other, boolean cellsToo) {
      return gpu.equals(other.gpu) && driver.equals(other.driver) && sameKernels(other) && cell.equals(other.cell)
          && (!cellsToo || cells == other.cells);
    }

    /** Whether it is about the kernels of the same PTX. */
    private boolean sameKernels(Key other) {
      return precision == other.precision && rates == other.rates;
    }

    /** How many times as large one population is as the other. */
    private double ratio(Key other) {
      return (double) Math.max(cells, other.cells) / Math.min(cells, other.cells);
    }
  }

  /**
   * A line of the file.
   *
   * @param kernels hash over the kernels among which it was found
   * @param variant name of a {@link StepVariant}
   */
  private record Entry(Key key, String kernels, String variant, int log2) {
    Entry {
      if (key == null || key.gpu == null || key.driver == null || key.precision == null || key.rates == null || key.cell == null
          || key.cells < 1 || kernels == null || variant == null || log2 < 0 || log2 > 10 || StepVariant.parse(variant).rates() != key.rates) {
        throw new IllegalArgumentException("a choice is not whole");
      }
    }
  }

  private record Content(int version, List<Entry> choices) {}

  /** The user's. */
  public static TuningCache standard() {
    return new TuningCache(LibraryCache.standard().folder(), line -> System.err.println("galvani: " + line));
  }

  private Path file() {
    return folder.resolve("tuning.json");
  }

  /** What was found best for the population, or for one of the same cell and about as many. */
  public Optional<StepChoice> find(Key key) {
    String kernels = StepKernel.shipped(key.precision, key.rates).getFirst().ptx().sources();
    return entries().stream().filter(e -> e.key.sameBut(key, false) && e.kernels.equals(kernels) && e.key.ratio(key) <= NEAR)
        .min(Comparator.comparingDouble(e -> e.key.ratio(key))).flatMap(this::choice);
  }

  private Optional<StepChoice> choice(Entry e) {
    StepVariant variant = StepVariant.parse(e.variant);
    Precision precision = e.key.precision;
    for (StepKernel k : StepKernel.shipped(precision, variant.rates())) {
      if (k.variant().equals(variant)) {
        return Optional.of(new StepChoice(k, e.log2));
      }
    }
    Path file = ptx(variant, precision, e.kernels);
    try {
      return Optional.of(new StepChoice(StepKernel.built(variant, precision, Ptx.parse(file.toString(), Files.readString(file))), e.log2));
    } catch (IOException | GalvaniException x) {
      warn.accept(variant + " is not used, although it is the best here: " + file + ": " + x.getMessage());
      return Optional.empty();
    }
  }

  private Path ptx(StepVariant variant, Precision precision, String kernels) {
    return folder.resolve("tuning").resolve(kernels.substring(0, Math.min(16, kernels.length())))
        .resolve(StepKernel.name(variant, precision) + ".ptx");
  }

  private List<Entry> entries() {
    try {
      Content content = JSON.readValue(Files.readString(file()), Content.class);
      if (content.version == VERSION && content.choices != null && !content.choices.contains(null)) {
        return content.choices;
      }
      warn.accept(file() + " is ignored: it is of another version. ./galvani bench --tune writes it anew");
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException | RuntimeException e) {
      warn.accept(file() + " is ignored: it is damaged. ./galvani bench --tune writes it anew");
    }
    return List.of();
  }

  /**
   * Keeps a choice in place of an earlier one.
   *
   * @throws GalvaniException if the folder cannot be written
   */
  public void keep(Key key, StepChoice choice) {
    StepKernel kernel = choice.kernel();
    String kernels = kernel.ptx().sources();
    var all = new ArrayList<>(entries());
    all.removeIf(e -> e.key.sameBut(key, true) || e.key.sameKernels(key) && !e.kernels.equals(kernels));
    all.add(new Entry(key, kernels, kernel.variant().toString(), choice.log2()));
    try {
      if (!kernel.ships()) {
        write(ptx(kernel.variant(), kernel.precision(), kernels), kernel.ptx().text());
      }
      write(file(), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(new Content(VERSION, all)));
    } catch (IOException e) {
      throw new GalvaniException("What was found best cannot be kept in " + folder + ": " + e
          + ". Set -Dgalvani.cache to a folder that can be written", e);
    }
  }

  /** Whoever reads sees the old file or the new one. */
  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Path fresh = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".new");
    try {
      Files.writeString(fresh, text);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }
}
