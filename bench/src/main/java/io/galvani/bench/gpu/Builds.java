package io.galvani.bench.gpu;

import io.galvani.GalvaniException;
import io.galvani.cable.Mode;
import io.galvani.cable.Precision;
import io.galvani.device.cuda.Ptx;
import io.galvani.device.cuda.StepKernel;
import io.galvani.device.cuda.StepVariant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Kernels that do not ship, built by {@code kernels/tuning.sh} where nvcc is. */
final class Builds {
  /**
   * What is tried unless the user says otherwise: fewer registers and more warps, or more registers and fewer spills; smaller blocks; more
   * lanes than a warp has for the trees; cells of a pack known to the compiler; polynomial rates.
   */
  static final List<StepVariant> VARIANTS = List.of("level_256x2", "level_256x3", "level_256x4", "level_512x1", "level_128x4",
      "level_128x6", "stream_256x2", "stream_256x3", "stream_128x6", "thread_128x4", "thread_128x6", "level_256x3_lanes8",
      "level_256x3_lanes16", "stream_256x2_lanes16", "level_256x3_cells4", "level_256x3_cells16", "thread_128x4_cells128", "level_256x2_poly", "level_256x3_poly", "level_256x4_poly", "level_128x6_poly",
      "level_256x3_lanes16_poly", "level_256x3_cells4_poly", "stream_256x2_poly", "thread_128x4_poly").stream().map(StepVariant::parse).toList();

  private Builds() {}

  /** The release of the nvcc on the PATH; empty where there is none. */
  static Optional<String> nvcc() throws InterruptedException {
    try {
      var release = Pattern.compile("release (\\d+\\.\\d+)").matcher(output(Path.of("."), List.of("nvcc", "--version")));
      return release.find() ? Optional.of(release.group(1)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The phases of a step (kernels/tuning/phases.h). */
  static Ptx phases(Path root, Mode mode) throws IOException, InterruptedException {
    return build(root, List.of("phases_" + StepKernel.suffix(mode.precision(), mode.rates()))).getFirst();
  }

  /** Those that ship, and those of the variants that do not, which are built. */
  static List<StepKernel> all(Path root, List<StepVariant> variants, Precision precision) throws IOException, InterruptedException {
    var kernels = new ArrayList<>(StepKernel.shipped(precision));
    List<StepVariant> missing = variants.stream().filter(v -> kernels.stream().noneMatch(k -> k.variant().equals(v))).toList();
    List<Ptx> built = build(root, missing.stream().map(v -> StepKernel.name(v, precision)).toList());
    for (int i = 0; i < built.size(); i++) {
      kernels.add(StepKernel.built(missing.get(i), precision, built.get(i)));
    }
    return kernels;
  }

  private static List<Ptx> build(Path root, List<String> names) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(root.resolve("kernels/tuning.sh").toString()));
    command.addAll(names);
    if (!names.isEmpty()) {
      output(root, command);
    }
    var all = new ArrayList<Ptx>();
    for (String name : names) {
      Path file = root.resolve("kernels/target/tuning/cable_" + name + ".ptx");
      all.add(Ptx.parse(file.toString(), Files.readString(file)));
    }
    return all;
  }

  private static String output(Path folder, List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new GalvaniException(output.strip());
    }
    return output;
  }
}
