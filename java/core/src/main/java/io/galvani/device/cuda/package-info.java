/**
 * NVIDIA GPUs, through the CUDA driver. The only package that speaks to JCuda, and {@link io.galvani.device.cuda.Cuda} is the class
 * in it that does so first.
 *
 * <p>A {@link io.galvani.device.cuda.CudaContext} is a GPU in use. It makes buffers, streams, events and modules, and closes with them;
 * any thread may use them. Calls are checked before the driver sees them (sizes, ranges, arguments, closed things), and fail in one
 * way: {@link io.galvani.device.cuda.CudaException}.
 */
package io.galvani.device.cuda;
