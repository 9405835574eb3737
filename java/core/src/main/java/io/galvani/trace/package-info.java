/** Traces: files of samples, and what is read off a voltage trace. */
package io.galvani.trace;
