package dev.purser.faults;

import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The latest decisions about failures, for operators. Holds a bounded number of them, the oldest
/// go first. Safe for many threads.
public final class SupervisionLog {
  private static final Logger LOG = LoggerFactory.getLogger(SupervisionLog.class);

  private final int limit;
  private final InstantSource clock;
  private final Deque<Entry> entries = new ArrayDeque<>();

  public SupervisionLog(int limit, InstantSource clock) {
    this.limit = limit;
    this.clock = clock;
  }

  /// One decision.
  ///
  /// @param actor who failed, in an operator's words, such as `slot 1 (writer)`
  /// @param error the error's code, `ERR_DB`
  /// @param message what happened and, where an operator can mend it, what to mend
  public record Entry(
      long atMillis, String actor, String error, String message, Decision decision) {}

  /// Keeps a decision and logs it.
  public void add(String actor, ServiceError error, Decision decision) {
    LOG.warn("{} failed: {}: {}; decision {}", actor, error.code(), error.message(), decision);
    Entry entry = new Entry(clock.millis(), actor, error.code(), error.message(), decision);
    synchronized (entries) {
      if (entries.size() == limit) {
        entries.removeFirst();
      }
      entries.addLast(entry);
    }
  }

  /// What is kept, newest first.
  public List<Entry> latest() {
    synchronized (entries) {
      List<Entry> latest = new ArrayList<>(entries);
      Collections.reverse(latest);
      return latest;
    }
  }
}
