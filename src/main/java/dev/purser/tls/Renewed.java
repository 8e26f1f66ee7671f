package dev.purser.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What was made of files, and is made anew when they have changed. Files that cannot be used leave
/// what was made before in its place, and are one line of the log for each state they are in. Safe
/// for many threads.
///
/// The files are looked at when the value is asked for, once a second at most; nothing runs by
/// itself.
public final class Renewed<T> {
  private static final Logger LOG = LoggerFactory.getLogger(Renewed.class);
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// Makes the value of the files as they are now.
  @FunctionalInterface
  public interface Making<T> {
    T make() throws UnusableTls;
  }

  /// What tells one state of a file from the next; a file that is replaced by renaming has another
  /// key.
  private record Stamp(Object key, long millis, long bytes) {}

  private final List<Path> files;
  private final Making<T> making;
  private final long lookNanos;
  private volatile T value;
  private volatile long lookedNanos;
  private List<Stamp> stamps;

  private Renewed(List<Path> files, Making<T> making, long lookNanos) throws UnusableTls {
    this.files = List.copyOf(files);
    this.making = making;
    this.lookNanos = lookNanos;
    this.stamps = stamps();
    this.value = making.make();
    this.lookedNanos = System.nanoTime();
  }

  /// Makes the value, of `files`.
  public static <T> Renewed<T> of(List<Path> files, Making<T> making) throws UnusableTls {
    return new Renewed<>(files, making, LOOK_NANOS);
  }

  static <T> Renewed<T> of(List<Path> files, Making<T> making, Duration look) throws UnusableTls {
    return new Renewed<>(files, making, look.toNanos());
  }

  /// The value of the files that could be used last.
  public T get() {
    if (System.nanoTime() - lookedNanos >= lookNanos) {
      look();
    }
    return value;
  }

  private synchronized void look() {
    if (System.nanoTime() - lookedNanos < lookNanos) {
      return; // another thread has just looked
    }
    List<Stamp> now = stamps();
    if (!now.equals(stamps)) {
      stamps = now;
      try {
        value = making.make();
        LOG.info("Read again, and used for new connections: {}", files);
      } catch (UnusableTls e) {
        LOG.warn("The files before stay in use: {}", e.clause());
      }
    }
    lookedNanos = System.nanoTime();
  }

  private List<Stamp> stamps() {
    return files.stream().map(Renewed::stamp).toList();
  }

  private static Stamp stamp(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      Object key = found.fileKey();
      return new Stamp(key == null ? file : key, found.lastModifiedTime().toMillis(), found.size());
    } catch (IOException _) {
      return new Stamp(file, 0, -1);
    }
  }
}
