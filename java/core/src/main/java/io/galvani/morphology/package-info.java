/** Shapes of neurons: sections with 3-D points, and the SWC files they come from. */
package io.galvani.morphology;
