/** From a description of a cell to its compartments: cell files, morphologies with mechanisms, tables. */
package io.galvani.cell;
