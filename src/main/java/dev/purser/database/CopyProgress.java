package dev.purser.database;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Tells every second how a copy gets on, also while one statement runs long. Safe for the copying
/// thread and the telling one.
final class CopyProgress implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofMillis(900);

  private final Consumer<String> out;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread telling;
  private volatile Stage stage = new Stage("connecting", 0);
  private volatile long rows;

  /// What is being done, to so many rows; 0 if that is not known.
  private record Stage(String what, long total) {}

  CopyProgress(Consumer<String> out) {
    this.out = out;
    this.telling = Thread.ofPlatform().daemon().name("copy-progress").start(this::tell);
  }

  /// Begins something that will be done to `total` rows, `done` of which are.
  void stage(String what, long total, long done) {
    rows = done;
    stage = new Stage(what, total);
  }

  /// Only the copying thread adds.
  @SuppressWarnings("NonAtomicVolatileUpdate")
  void add(long more) {
    rows += more;
  }

  private void tell() {
    long before = rows;
    Stage shown = stage;
    long at = System.nanoTime();
    try {
      while (!ended.await(INTERVAL.toNanos(), TimeUnit.NANOSECONDS)) {
        long now = System.nanoTime();
        Stage current = stage;
        long done = rows;
        boolean same = current.equals(shown);
        out.accept(line(current, done, same ? (done - before) * 1e9 / (now - at) : 0));
        before = done;
        shown = current;
        at = now;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static String line(Stage stage, long rows, double rate) {
    return stage.total == 0
        ? stage.what + " ..."
        : String.format(
            Locale.ROOT,
            "%s: %,d of %,d rows, %,.0f rows/s, %,d left",
            stage.what,
            rows,
            stage.total,
            rate,
            Math.max(0, stage.total - rows));
  }

  @Override
  public void close() {
    ended.countDown();
    try {
      telling.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
