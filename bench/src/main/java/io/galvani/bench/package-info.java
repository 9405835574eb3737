/** Benchmarks: one table of cases, timed by JMH and beside NEURON. */
package io.galvani.bench;
