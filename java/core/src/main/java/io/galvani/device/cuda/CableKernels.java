package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import io.galvani.cable.Precision;
import io.galvani.cable.Rates;
import io.galvani.mechanism.Mechanism;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The kernels of one precision ({@code kernels/cable/cable_<precision>.cu}) on a GPU, and what they say of the mechanisms. Steps with
 * polynomial rates, and those that do not ship, are modules of their own.
 */
final class CableKernels {
  /** Threads of a block of all kernels but the steps. */
  static final int SETUP_THREADS = 128;
  private static final int TRAITS_BYTES = 64;
  private static final int NAME_AT = 32;
  private static final int MOST_MECHANISMS = 1024;

  /**
   * What the device says of a mechanism.
   *
   * @param number by which the kernels know it
   * @param fields its scale, its parameters and what it derives from them
   * @param calcium whether it reads or keeps cai or eca
   * @param slow whether float32 keeps the remainders of its gates
   * @param ends whether its events end
   * @param tabulated whether its rates can come from NEURON's tables
   */
  record Traits(int number, int parameters, int fields, int states, boolean calcium, boolean slow, boolean ends, boolean tabulated) {}

  final CudaModule module;
  final Precision precision;
  private final String suffix;
  private final Map<String, CudaModule> modules = new HashMap<>();  // by the name of the PTX
  private final Map<String, Traits> traits = new HashMap<>();

  CableKernels(CudaContext context, Precision precision) {
    this.precision = precision;
    suffix = precision.name().toLowerCase();
    module = context.module(Ptx.packaged("cable_" + suffix));
    modules.put(module.ptx().name(), module);
    try (CudaStream stream = context.stream(); CudaBuffer out = context.buffer((long) MOST_MECHANISMS * TRAITS_BYTES)) {
      out.zero(stream);
      kernel("traits").launch(stream, LaunchShape.covering(MOST_MECHANISMS, SETUP_THREADS), out);
      stream.synchronize();
      byte[] found = new byte[MOST_MECHANISMS * TRAITS_BYTES];
      out.download(MemorySegment.ofArray(found));
      ByteBuffer b = ByteBuffer.wrap(found).order(ByteOrder.LITTLE_ENDIAN);
      for (int n = 0; n < MOST_MECHANISMS && found[n * TRAITS_BYTES + NAME_AT] != 0; n++) {
        int[] t = new int[NAME_AT / 4];
        b.position(n * TRAITS_BYTES).asIntBuffer().get(t);
        String name = new String(found, n * TRAITS_BYTES + NAME_AT, TRAITS_BYTES - NAME_AT, StandardCharsets.UTF_8).split("\0", 2)[0];
        traits.put(name, new Traits(n, t[0], t[1], t[2], t[4] != 0, t[5] != 0, t[6] != 0, t[7] != 0));
      }
    }
  }

  /** The step kernel; its module is compiled when it is first asked for. */
  synchronized CudaKernel step(StepKernel k) {
    return modules.computeIfAbsent(k.ptx().name(), name -> module.context.module(k.ptx())).kernel(k.entry());
  }

  /** Names of the packaged PTX: the probe's, and that of each precision with each kind of rates. */
  static List<String> packaged() {
    return Stream.concat(Stream.of("probe"), Arrays.stream(Precision.values())
        .flatMap(p -> Arrays.stream(Rates.values()).map(r -> "cable_" + StepKernel.suffix(p, r)))).toList();
  }

  /** The kernel {@code cable_<name>_<precision>}. */
  CudaKernel kernel(String name) {
    return module.kernel("cable_" + name + "_" + suffix);
  }

  /** What the device knows of a mechanism. */
  Traits traits(Mechanism m) {
    Traits t = traits.get(m.name());
    if (t == null || t.parameters() != m.parameters().size() || t.states() != m.states().size() || t.calcium() != m.calcium()
        || t.slow() != m.slow()) {
      throw new GalvaniException("The kernels on the GPU " + (t == null ? "do not have " : "have another ") + m.name()
          + " than the CPU: run kernels/build.sh and build anew");
    }
    return t;
  }

  /** Bytes of a gate, conductance or parameter. */
  int gateBytes() {
    return precision.gateBytes();
  }

  /** Bytes of a voltage. */
  int voltageBytes() {
    return precision.voltageBytes();
  }
}
