/** The {@code galvani} command. */
package io.galvani.cli;
