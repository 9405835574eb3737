/** The step kernels of the GPU: timed against each other where there is one, described and bounded on paper where there is none. */
package io.galvani.bench.gpu;
