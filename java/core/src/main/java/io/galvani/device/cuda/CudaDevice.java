package io.galvani.device.cuda;

import io.galvani.Population;
import io.galvani.cable.CableModel;
import io.galvani.cable.CableOptions;
import io.galvani.cable.Precision;
import io.galvani.cell.CompiledCell;
import io.galvani.device.Device;
import io.galvani.surrogate.Output;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.SurrogateEngine;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.SurrogatePrecision;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A GPU that integrates populations. It is opened with the first population and stays open, as its kernels take long to compile; after a
 * loss the next population opens it anew. A cell is stepped as {@code ./galvani bench --tune} found best ({@link TuningCache}), or else as
 * {@link PackShape} thinks; {@code -Dgalvani.cuda.strategy=level|stream|thread} forces where the kernels keep the state.
 * Of surrogates, {@link Gemm} says what multiplies.
 */
public final class CudaDevice implements Device {
  private static final Map<Integer, CudaDevice> DEVICES = new ConcurrentHashMap<>();

  private final CudaGpu gpu;
  private final Map<Precision, CableKernels> kernels = new EnumMap<>(Precision.class);
  private final Map<SurrogatePrecision, SurrogateKernels> surrogates = new EnumMap<>(SurrogatePrecision.class);
  private final TuningCache tuning = TuningCache.standard();
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
    return population(cell, options, tuning);
  }

  @Override
  public SurrogateEngine engine(Plan plan, List<Output> outputs, SurrogateOptions options) {
    return engine(plan, outputs, options, Gemm.of(options.precision()));
  }

  /** As {@link #engine(Plan, List, SurrogateOptions)}, but what multiplies matrices is the caller's choice. */
  public synchronized SurrogateEngine engine(Plan plan, List<Output> outputs, SurrogateOptions options, Gemm gemm) {
    CudaContext opened = opened();
    SurrogateKernels k = surrogates.computeIfAbsent(options.precision(), p -> new SurrogateKernels(opened, p));
    return new CudaSurrogateEngine(plan, outputs, options, k, gemm, opened);
  }

  /** A population that is stepped as the cache has it, unless the user forces a strategy. */
  Population population(CompiledCell cell, CableOptions options, TuningCache tuning) {
    CudaStrategy forced = CudaStrategy.forced();
    Optional<StepChoice> tuned = forced == null ? tuning.find(key(cell, options)).filter(c -> fits(c, cell, options)) : Optional.empty();
    return tuned.isPresent() ? population(cell, options, tuned.get()) : population(cell, options, forced, -1);
  }

  /** Under which the best way to step such a population is kept. Slots do not count: most synapses rest most of the time. */
  public TuningCache.Key key(CompiledCell cell, CableOptions options) {
    return new TuningCache.Key(gpu.name(), Cuda.driver(), options.precision(), options.rates(), cell.withoutSlots().fingerprint(),
        options.cells());
  }

  private boolean fits(StepChoice choice, CompiledCell cell, CableOptions options) {
    return PackShape.sizes(choice.kernel().variant(), PackShape.Demand.of(cell, options), Integer.MAX_VALUE, gpu.sharedMemory())
        .contains(choice.log2());
  }

  /**
   * A population that is stepped in a way of the caller's: for those who time the ways.
   *
   * @param choice of a kernel with the precision and rates of the options
   */
  public synchronized Population population(CompiledCell cell, CableOptions options, StepChoice choice) {
    var model = new CableModel(cell, options);
    CableKernels k = kernels(options.precision());
    return new CudaPopulation(model, k, k.step(choice.kernel()), context,
        PackShape.of(choice.kernel().variant(), choice.log2(), CellLayout.demand(model)));
  }

  public CudaGpu gpu() {
    return gpu;
  }

  /** As {@link #population(CompiledCell, CableOptions)}, but where the kernels keep the state is the caller's choice. */
  public Population population(CompiledCell cell, CableOptions options, CudaStrategy strategy) {
    return population(cell, options, strategy, -1);
  }

  /**
   * Runs the probe kernels.
   *
   * @return one line for the user
   * @throws io.galvani.GalvaniException if they fail or compute wrongly
   */
  public synchronized String probe() {
    return CudaProbe.run(opened());
  }

  /** How often each packaged kernel was launched since the GPU was opened. */
  public synchronized Map<String, Long> launches() {
    var launches = new TreeMap<String, Long>();
    Stream.concat(CableKernels.packaged().stream(), SurrogateKernels.packaged().stream())
        .forEach(name -> Ptx.packaged(name).entries().keySet().forEach(k -> launches.put(k, opened().launches(k))));
    return launches;
  }

  /**
   * A population with a strategy and a size of packs of the caller's.
   *
   * @param strategy null for the best
   * @param log2 binary logarithm of the cells of a pack; −1 for the best
   */
  synchronized CudaPopulation population(CompiledCell cell, CableOptions options, CudaStrategy strategy, int log2) {
    var model = new CableModel(cell, options);
    CableKernels k = kernels(options.precision());
    PackShape.Demand demand = CellLayout.demand(model);
    PackShape chosen = PackShape.choose(demand, options.cells(), gpu, strategy);
    PackShape shape = log2 < 0 ? chosen : PackShape.of(chosen.strategy(), log2, demand);
    return new CudaPopulation(model, k, k.step(StepKernel.shipped(shape.strategy(), options.precision(), options.rates())), context, shape);
  }

  private CableKernels kernels(Precision precision) {
    CudaContext opened = opened();
    return kernels.computeIfAbsent(precision, p -> new CableKernels(opened, p));
  }

  private CudaContext opened() {
    if (context != null && context.lost()) {
      context.close();
      context = null;
      kernels.clear();
      surrogates.clear();
    }
    if (context == null) {
      context = gpu.open();
    }
    return context;
  }
}
