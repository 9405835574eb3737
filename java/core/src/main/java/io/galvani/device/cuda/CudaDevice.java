package io.galvani.device.cuda;

import io.galvani.Population;
import io.galvani.cable.CableModel;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Precision;
import io.galvani.cell.CompiledCell;
import io.galvani.device.Device;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A GPU that integrates populations. It is opened with the first population and stays open, as its kernels take long to compile; after a
 * loss the next population opens it anew. {@code -Dgalvani.cuda.strategy=level|stream|thread} forces where the kernels keep the state.
 */
public final class CudaDevice implements Device {
  private static final Map<Integer, CudaDevice> DEVICES = new ConcurrentHashMap<>();

  private final CudaGpu gpu;
  private final Map<Precision, CableKernels> kernels = new EnumMap<>(Precision.class);
  private CudaContext context;

  private CudaDevice(CudaGpu gpu) {
    this.gpu = gpu;
  }

  /** The first GPU. */
  public static CudaDevice get() {
    return get(0);
  }

  /**
   * The GPU of a number.
   *
   * @throws io.galvani.GalvaniException if it is not here or cannot be used; says why in a line
   */
  public static CudaDevice get(int ordinal) {
    return DEVICES.computeIfAbsent(ordinal, o -> new CudaDevice(Cuda.gpu(o)));
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public String description() {
    return gpu.description();
  }

  @Override
  public Population population(CompiledCell cell, CableOptions options) {
    return population(cell, options, CudaStrategy.forced(), -1);
  }

  /**
   * A population with a strategy and a size of packs of the caller's.
   *
   * @param strategy null for the best
   * @param log2 binary logarithm of the cells of a pack; −1 for the best
   */
  synchronized CudaPopulation population(CompiledCell cell, CableOptions options, CudaStrategy strategy, int log2) {
    var model = new CableModel(cell, options);
    if (context != null && context.lost()) {
      context.close();
      context = null;
      kernels.clear();
    }
    if (context == null) {
      context = gpu.open();
    }
    CableKernels k = kernels.computeIfAbsent(options.precision(), p -> new CableKernels(context, p));
    PackShape.Demand demand = CellLayout.demand(model, k);
    PackShape shape = PackShape.choose(demand, options.cells(), gpu, strategy);
    return new CudaPopulation(model, k, context, log2 < 0 ? shape : PackShape.of(shape.strategy(), log2, demand));
  }
}
