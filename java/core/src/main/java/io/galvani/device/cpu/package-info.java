/** The CPU device: everything that speaks to {@code libgalvani.so} through the generated bindings in {@code abi}. */
package io.galvani.device.cpu;
