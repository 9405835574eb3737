package io.galvani.bench.gpu;

import io.galvani.GalvaniException;
import io.galvani.device.cuda.Cuda;
import io.galvani.device.cuda.CudaDevice;
import io.galvani.device.cuda.JCudaNatives;
import io.galvani.surrogate.Activation;
import io.galvani.surrogate.Layer;
import io.galvani.surrogate.Network;
import io.galvani.surrogate.Plan;
import io.galvani.surrogate.SurrogateEngine;
import io.galvani.surrogate.SurrogateOptions;
import io.galvani.surrogate.SurrogatePrecision;
import io.galvani.surrogate.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnDirectionMode;
import jcuda.jcudnn.cudnnForwardMode;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnRNNAlgo;
import jcuda.jcudnn.cudnnRNNBiasMode;
import jcuda.jcudnn.cudnnRNNDataDescriptor;
import jcuda.jcudnn.cudnnRNNDataLayout;
import jcuda.jcudnn.cudnnRNNDescriptor;
import jcuda.jcudnn.cudnnRNNInputMode;
import jcuda.jcudnn.cudnnRNNMode;
import jcuda.jcudnn.cudnnTensorDescriptor;

/**
 * The LSTM layers of the paper's networks on a GPU by NVIDIA's cuDNN, and a step of a surrogate that is little else: what of the whole they
 * take, beside the fastest that there is. Three layers of 128 units, 5 steps, float32. Times only: cuDNN's weights are zeros.
 *
 * <p>cuDNN 9 is no part of Galvani; this class alone calls it, and is therefore the one outside {@code device.cuda} that calls JCuda.
 */
public final class CudnnLstm implements AutoCloseable {
  private static final int LAYERS = 3;
  private static final int UNITS = 128;
  private static final int STEPS = 5;
  private static final int ROUNDS = 7;
  private static final int CALLS = 100;  // a round
  private static final int[] CELLS = {1, 16, 150, 1000, 5000};

  private static final Optional<String> ABSENCE = load();

  private final cudnnRNNDescriptor layers = new cudnnRNNDescriptor();
  private final cudnnRNNDataDescriptor sequences = new cudnnRNNDataDescriptor();
  private final cudnnTensorDescriptor states = new cudnnTensorDescriptor();
  private final int cells;

  /** Descriptors of the layers, for so many cells: these need no GPU. */
  CudnnLstm(int cells) {
    this.cells = cells;
    absence().ifPresent(reason -> {
      throw new GalvaniException(reason);
    });
    check("cudnnCreateRNNDescriptor", JCudnn.cudnnCreateRNNDescriptor(layers));
    check("cudnnCreateRNNDataDescriptor", JCudnn.cudnnCreateRNNDataDescriptor(sequences));
    check("cudnnCreateTensorDescriptor", JCudnn.cudnnCreateTensorDescriptor(states));
    check("cudnnSetRNNDescriptor_v8", JCudnn.cudnnSetRNNDescriptor_v8(layers, cudnnRNNAlgo.CUDNN_RNN_ALGO_STANDARD, cudnnRNNMode.CUDNN_LSTM,
        cudnnRNNBiasMode.CUDNN_RNN_SINGLE_INP_BIAS, cudnnDirectionMode.CUDNN_UNIDIRECTIONAL, cudnnRNNInputMode.CUDNN_LINEAR_INPUT,
        cudnnDataType.CUDNN_DATA_FLOAT, cudnnDataType.CUDNN_DATA_FLOAT, cudnnMathType.CUDNN_FMA_MATH, UNITS, UNITS, UNITS, LAYERS, null, 0));
    int[] lengths = new int[cells];
    Arrays.fill(lengths, STEPS);
    check("cudnnSetRNNDataDescriptor", JCudnn.cudnnSetRNNDataDescriptor(sequences, cudnnDataType.CUDNN_DATA_FLOAT,
        cudnnRNNDataLayout.CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, STEPS, cells, UNITS, lengths, null));
    check("cudnnSetTensorNdDescriptor", JCudnn.cudnnSetTensorNdDescriptor(states, cudnnDataType.CUDNN_DATA_FLOAT, 3,
        new int[] {LAYERS, cells, UNITS}, new int[] {cells * UNITS, UNITS, 1}));
  }

  private static Optional<String> load() {
    try {
      JCudaNatives.load("JCudnn", JCudnn.class);
      return Optional.empty();
    } catch (LinkageError e) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      return Optional.of(reason.contains("libcudnn.so.9: cannot open") ? "there is no cuDNN 9 (libcudnn.so.9)"
          : "cuDNN does not load: " + reason);
    }
  }

  /** Why cuDNN cannot be used here; empty if it can. */
  static Optional<String> absence() {
    return ABSENCE;
  }

  /** Microseconds that a call takes, round by round. */
  private double[] time() {
    var device = new CUdevice();
    var context = new CUcontext();
    require("cuDeviceGet", JCudaDriver.cuDeviceGet(device, 0));
    require("cuDevicePrimaryCtxRetain", JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
    require("cuCtxSetCurrent", JCudaDriver.cuCtxSetCurrent(context));
    var memory = new ArrayList<CUdeviceptr>();
    var handle = new cudnnHandle();
    try {
      check("cudnnCreate", JCudnn.cudnnCreate(handle));
      long[] weights = new long[1];
      long[] work = new long[1];
      check("cudnnGetRNNWeightSpaceSize", JCudnn.cudnnGetRNNWeightSpaceSize(handle, layers, weights));
      check("cudnnGetRNNTempSpaceSizes", JCudnn.cudnnGetRNNTempSpaceSizes(handle, layers, cudnnForwardMode.CUDNN_FWD_MODE_INFERENCE, sequences,
          work, new long[1]));
      Pointer x = zeros(memory, 4L * STEPS * cells * UNITS);
      Pointer y = zeros(memory, 4L * STEPS * cells * UNITS);
      Pointer w = zeros(memory, weights[0]);
      Pointer room = zeros(memory, work[0]);
      Pointer lengths = zeros(memory, 4L * cells);
      double[] found = new double[ROUNDS];
      for (int round = -1; round < ROUNDS; round++) {  // the first is for warming up
        long start = System.nanoTime();
        for (int i = 0; i < CALLS; i++) {
          check("cudnnRNNForward", JCudnn.cudnnRNNForward(handle, layers, cudnnForwardMode.CUDNN_FWD_MODE_INFERENCE, lengths, sequences, x,
              sequences, y, states, null, null, states, null, null, weights[0], w, work[0], room, 0, null));
        }
        require("cuCtxSynchronize", JCudaDriver.cuCtxSynchronize());
        found[Math.max(round, 0)] = (System.nanoTime() - start) * 1e-3 / CALLS;
      }
      return found;
    } finally {
      JCudnn.cudnnDestroy(handle);
      memory.forEach(JCudaDriver::cuMemFree);
      JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }
  }

  private static Pointer zeros(List<CUdeviceptr> memory, long bytes) {
    var pointer = new CUdeviceptr();
    require("cuMemAlloc", JCudaDriver.cuMemAlloc(pointer, Math.max(1, bytes)));
    memory.add(pointer);
    require("cuMemsetD8", JCudaDriver.cuMemsetD8(pointer, (byte) 0, Math.max(1, bytes)));
    return pointer;
  }

  /** Microseconds that a step of ours takes with the same layers: a projection of 128 numbers before them, one output after. */
  private static double[] timeOurs(int cells) {
    var network = Network.of("lstm", 1, UNITS, layers());
    try (SurrogateEngine engine = CudaDevice.get().engine(Plan.of(network), List.of(),
        SurrogateOptions.DEFAULT.cells(cells).precision(SurrogatePrecision.F32))) {
      engine.start(List.of(new double[UNITS]));
      double[] recorded = new double[CALLS * cells];
      double[] found = new double[ROUNDS];
      for (int round = -1; round < ROUNDS; round++) {
        long start = System.nanoTime();
        engine.advance(CALLS, SurrogateEngine.Inputs.NONE, recorded);
        found[Math.max(round, 0)] = (System.nanoTime() - start) * 1e-3 / CALLS;
      }
      return found;
    }
  }

  private static List<Layer> layers() {
    var layers = new ArrayList<Layer>(List.of(new Layer.Flatten("flatten"), new Layer.RepeatVector("repeat", STEPS)));
    for (int l = 0; l < LAYERS; l++) {
      layers.add(new Layer.LSTM("lstm" + l, zeros(UNITS, 4 * UNITS), zeros(UNITS, 4 * UNITS), zeros(4 * UNITS), true));
    }
    layers.add(new Layer.Dense("dense", zeros(UNITS, 1), zeros(1), Activation.LINEAR));
    return layers;
  }

  private static Tensor zeros(int... shape) {
    return Tensor.of(new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)], shape);
  }

  private static void check(String call, int status) {
    if (status != 0) {
      throw new GalvaniException(call + ": cuDNN's status " + status);
    }
  }

  private static void require(String call, int status) {
    if (status != CUresult.CUDA_SUCCESS) {
      throw new GalvaniException(call + ": " + CUresult.stringFor(status));
    }
  }

  /** Prints a table, or in a line why there is none. */
  public static void main(String[] args) {
    Optional<String> reason = Cuda.absence().or(CudnnLstm::absence);
    if (reason.isPresent() || CudaDevice.get().gpu().isStandIn()) {
      System.out.println("skipped: " + reason.orElse("the driver is a stand-in for a GPU and runs on the processor"));
      return;
    }
    System.out.println(CudaDevice.get().description() + ", " + Cuda.driver() + ", cuDNN " + JCudnn.cudnnGetVersion());
    System.out.println("Microseconds, median (smallest–largest) of " + ROUNDS + " rounds");
    System.out.printf("%6s  %24s  %24s%n", "cells", "cuDNN, the LSTMs", "ours, the whole step");
    for (int cells : CELLS) {
      try (var cudnn = new CudnnLstm(cells)) {
        System.out.printf("%6d  %24s  %24s%n", cells, text(cudnn.time()), text(timeOurs(cells)));
      }
    }
  }

  private static String text(double[] rounds) {
    Arrays.sort(rounds);
    return String.format(Locale.ROOT, "%.1f (%.1f–%.1f)", rounds[rounds.length / 2], rounds[0], rounds[rounds.length - 1]);
  }

  @Override
  public void close() {
    JCudnn.cudnnDestroyTensorDescriptor(states);
    JCudnn.cudnnDestroyRNNDataDescriptor(sequences);
    JCudnn.cudnnDestroyRNNDescriptor(layers);
  }
}
