/** Networks timed beside the frameworks that run them. */
package io.galvani.bench.surrogate;
