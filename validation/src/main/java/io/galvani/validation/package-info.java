/** Runs cases with known answers on an engine and judges what comes out. */
package io.galvani.validation;
