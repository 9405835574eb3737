/** Files that go in and come out: events, output directories, checkpoints. */
package io.galvani.io;
