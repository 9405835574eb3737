package io.galvani.bench.gpu;

import io.galvani.GalvaniException;
import io.galvani.device.cuda.JCudaNatives;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
 * The LSTM layers of the paper's networks by NVIDIA's cuDNN, in float32. Times only: its weights are zeros.
 *
 * <p>cuDNN 9 is no part of Galvani; this class alone calls it, and is therefore the one outside {@code device.cuda} that calls JCuda.
 */
final class CudnnLstm implements AutoCloseable {
  static final int LAYERS = 3;
  static final int UNITS = 128;
  static final int STEPS = 5;

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

  /** Microseconds that a call takes: the mean of so many, round by round. */
  double[] time(int rounds, int calls) {
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
      double[] found = new double[rounds];
      for (int round = -1; round < rounds; round++) {  // the first is for warming up
        long start = System.nanoTime();
        for (int i = 0; i < calls; i++) {
          check("cudnnRNNForward", JCudnn.cudnnRNNForward(handle, layers, cudnnForwardMode.CUDNN_FWD_MODE_INFERENCE, lengths, sequences, x,
              sequences, y, states, null, null, states, null, null, weights[0], w, work[0], room, 0, null));
        }
        require("cuCtxSynchronize", JCudaDriver.cuCtxSynchronize());
        found[Math.max(round, 0)] = (System.nanoTime() - start) * 1e-3 / calls;
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

  @Override
  public void close() {
    JCudnn.cudnnDestroyTensorDescriptor(states);
    JCudnn.cudnnDestroyRNNDataDescriptor(sequences);
    JCudnn.cudnnDestroyRNNDescriptor(layers);
  }
}
