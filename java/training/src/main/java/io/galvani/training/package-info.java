/** Fits surrogates to cells: protocols of random input, data from the direct engine, networks with their gradients, scores. */
package io.galvani.training;
