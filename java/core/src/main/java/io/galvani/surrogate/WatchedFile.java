package io.galvani.surrogate;

import com.sun.management.ThreadMXBean;
import io.galvani.InputException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A file, mapped for a library that believes what is in it. Where it says more than it can hold, by lists in a circle or one that is in
 * many, reading it would not end, or take all memory. So whoever opened this is watched: past what a file of that size can need, the
 * mapping is taken away, and the next look at it is an exception. What a virtual thread takes is not known; time bounds it.
 */
final class WatchedFile implements AutoCloseable {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final long MEMORY = 64 << 20; // bytes
  private static final long MEMORY_A_BYTE = 64;
  private static final Duration TIME = Duration.ofSeconds(30);
  private static final Duration GLANCE = Duration.ofMillis(5);

  private final Arena arena;
  private final ByteBuffer content;
  private final Thread watch;
  private volatile boolean taken;

  private WatchedFile(Path file, Arena arena, ByteBuffer content) {
    this.arena = arena;
    this.content = content;
    long reader = Thread.currentThread().threadId();
    long memory = THREADS.getThreadAllocatedBytes(reader) + MEMORY + MEMORY_A_BYTE * content.capacity();
    long end = System.nanoTime() + TIME.toNanos();
    watch = Thread.ofPlatform().daemon().name("galvani: reading " + file).start(() -> watch(reader, memory, end));
  }

  /**
   * Opens a file for the calling thread.
   *
   * @throws InputException if it cannot be read, or is larger than 2 GiB
   */
  static WatchedFile open(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InputException(file.toString(), null, Files.exists(file) ? "is not a file" : "there is no such file", null);
    }
    var arena = Arena.ofShared();
    try (var channel = FileChannel.open(file)) {
      if (channel.size() > Integer.MAX_VALUE) {
        throw new IOException("it is larger than 2 GiB");
      }
      return new WatchedFile(file, arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena).asByteBuffer());
    } catch (IOException e) {
      arena.close();
      throw InputException.unreadable(file, e);
    }
  }

  private void watch(long reader, long memory, long end) {
    try {
      while (THREADS.getThreadAllocatedBytes(reader) < memory && System.nanoTime() < end) {
        Thread.sleep(GLANCE);
      }
      taken = true;
      arena.close();
    } catch (InterruptedException e) {
      // The file is closed.
    }
  }

  /** All of it, while this is open. */
  ByteBuffer content() {
    return content;
  }

  /** Whether it was taken away. */
  boolean isTaken() {
    return taken;
  }

  @Override
  public void close() {
    watch.interrupt();
    try {
      watch.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
