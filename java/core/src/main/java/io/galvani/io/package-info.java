/** Files that go in and come out: YAML, events, output directories, checkpoints. */
package io.galvani.io;
