/**
 * Surrogates: networks that predict a cell's next sample from a window of the last ones. {@link io.galvani.surrogate.Network} is what is
 * computed, {@link io.galvani.surrogate.Surrogate} what its numbers mean for a cell; both are immutable and hold no state of a run.
 */
package io.galvani.surrogate;
