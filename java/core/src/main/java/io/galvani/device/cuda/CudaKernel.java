package io.galvani.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.galvani.InputException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.JCudaDriver;

/** A kernel of a module. */
public final class CudaKernel {
  private static final int SHARED_WITHOUT_ASKING = 48 << 10;  // bytes

  private final CudaModule module;
  private final Ptx.Entry entry;
  private final CUfunction handle = new CUfunction();
  private final int registers;
  private final int localBytes;
  private final int sharedBytes;
  private final int maxThreads;
  private int allowedShared;

  CudaKernel(CudaModule module, Ptx.Entry entry) {
    this.module = module;
    this.entry = entry;
    module.context.call("cuModuleGetFunction", this::toString,
        () -> JCudaDriver.cuModuleGetFunction(handle, module.handle, entry.name()), module);
    registers = attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS);
    localBytes = attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);
    sharedBytes = attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
    maxThreads = attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
    allowedShared = SHARED_WITHOUT_ASKING - sharedBytes;
  }

  public String name() {
    return entry.name();
  }

  /** What it takes, in order. */
  public List<Ptx.Parameter> parameters() {
    return entry.parameters();
  }

  /** Registers of a thread. */
  public int registers() {
    return registers;
  }

  /** Bytes of a thread that did not fit registers and lie in device memory. */
  public int localBytes() {
    return localBytes;
  }

  /** Bytes of static shared memory a block. */
  public int sharedBytes() {
    return sharedBytes;
  }

  /** Threads that a block may have. */
  public int maxThreads() {
    return entry.maxThreads() == 0 ? maxThreads : Math.min(maxThreads, entry.maxThreads());
  }

  /** Blocks of that shape which a multiprocessor holds at a time. */
  public int blocksPerMultiprocessor(LaunchShape shape) {
    allow(shape);
    int[] blocks = new int[1];
    module.context.call("cuOccupancyMaxActiveBlocksPerMultiprocessor", this::toString, () -> JCudaDriver
        .cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, handle, shape.threads(), shape.sharedBytes()), module);
    return blocks[0];
  }

  /**
   * Puts it into a stream.
   *
   * @param arguments as the PTX has them: a {@link CudaBuffer} or Long for u64, Integer for u32, Short for u16, Byte or Boolean for u8,
   *     Float for f32, Double for f64, and for a struct its bytes in a byte[] or {@link MemorySegment}
   * @throws InputException if number, type or size of an argument is another, or the shape is beyond the kernel or the GPU
   */
  public void launch(CudaStream stream, LaunchShape shape, Object... arguments) {
    var uses = new ArrayList<CudaResource>();
    uses.add(module);
    Pointer packed = pack(arguments, uses);
    allow(shape);
    Supplier<String> what = () -> this + " with " + shape;
    module.context.launching(what);
    stream.enqueue("cuLaunchKernel", what, s -> JCudaDriver.cuLaunchKernel(handle, shape.gridX(), shape.gridY(), shape.gridZ(),
        shape.blockX(), shape.blockY(), shape.blockZ(), shape.sharedBytes(), s, packed, null), uses.toArray(CudaResource[]::new));
    module.context.count(entry.name());
  }

  /** Checks the shape; asks the driver for more shared memory than it gives without being asked. */
  private synchronized void allow(LaunchShape shape) {
    if (shape.threads() > maxThreads()) {
      throw new InputException(toString(), null, shape + ": the kernel takes " + maxThreads() + " threads a block", null);
    }
    int most = module.context.gpu().sharedMemory() - sharedBytes;
    if (shape.sharedBytes() > most) {
      throw new InputException(toString(), null,
          shape + ": a block on " + module.context + " has room for " + most + " bytes of dynamic shared memory", null);
    }
    if (shape.sharedBytes() > allowedShared) {
      module.context.call("cuFuncSetAttribute", () -> this + ", " + shape.sharedBytes() + " bytes shared", () -> JCudaDriver
          .cuFuncSetAttribute(handle, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shape.sharedBytes()), module);
      allowedShared = shape.sharedBytes();
    }
  }

  private Pointer pack(Object[] arguments, List<CudaResource> uses) {
    List<Ptx.Parameter> parameters = entry.parameters();
    if (arguments.length != parameters.size()) {
      throw new InputException(toString(), null,
          arguments.length + " arguments are given, it takes " + parameters.size() + ": " + parameters, null);
    }
    var pointers = new Pointer[arguments.length];
    for (int i = 0; i < pointers.length; i++) {
      Object argument = arguments[i];
      if (argument instanceof CudaBuffer buffer) {
        uses.add(buffer);
      }
      Pointer pointer = pointer(parameters.get(i), argument);
      if (pointer == null) {
        throw new InputException(toString(), "argument " + (i + 1) + " of " + pointers.length,
            text(argument) + " is given for " + parameters.get(i), null);
      }
      pointers[i] = pointer;
    }
    return pointers.length == 0 ? null : Pointer.to(pointers);
  }

  /** A pointer to the argument as the parameter has it; null if it is not of its type and size. */
  private static Pointer pointer(Ptx.Parameter parameter, Object argument) {
    int bytes = parameter.bytes();
    return switch (parameter.type()) {
      case "f32" -> argument instanceof Float f ? Pointer.to(new float[] {f}) : null;
      case "f64" -> argument instanceof Double d ? Pointer.to(new double[] {d}) : null;
      case "u64", "s64", "b64" -> switch (argument) {
        case CudaBuffer b -> Pointer.to(new long[] {b.address()});
        case Long l -> Pointer.to(new long[] {l});
        case null, default -> null;
      };
      case "u32", "s32", "b32" -> argument instanceof Integer i ? Pointer.to(new int[] {i}) : null;
      case "u16", "s16", "b16" -> argument instanceof Short s ? Pointer.to(new short[] {s}) : null;
      case "u8", "s8", "b8" -> switch (argument) {
        case Byte b when bytes == 1 -> Pointer.to(new byte[] {b});
        case Boolean b when bytes == 1 -> Pointer.to(new byte[] {(byte) (b ? 1 : 0)});
        case byte[] a when a.length == bytes -> Pointer.to(a.clone());
        case MemorySegment m when m.byteSize() == bytes -> Pointer.to(m.toArray(JAVA_BYTE));
        case null, default -> null;
      };
      default -> null;
    };
  }

  private static String text(Object argument) {
    return switch (argument) {
      case null -> "null";
      case byte[] a -> "byte[] of " + a.length + " bytes";
      case MemorySegment m -> "MemorySegment of " + m.byteSize() + " bytes";
      default -> argument.getClass().getSimpleName() + " " + argument;
    };
  }

  private int attribute(int which) {
    int[] value = new int[1];
    module.context.call("cuFuncGetAttribute", this::toString, () -> JCudaDriver.cuFuncGetAttribute(value, which, handle), module);
    return value[0];
  }

  @Override
  public String toString() {
    return "kernel " + entry.name();
  }
}
