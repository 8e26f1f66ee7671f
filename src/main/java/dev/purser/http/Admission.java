package dev.purser.http;

import dev.purser.metrics.Metrics;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// What one lane of calls may hold at once: calls, each until its answer has been sent, and bytes
/// of answers, from before they are made until they have been sent. Beyond either a call is refused
/// at once (503). Safe for many threads.
///
/// Answers that fit the buffers of their connection ([Sending]) weigh nothing: connections are
/// limited.
final class Admission {
  private final int mostCalls;
  private final long mostBytes;
  private final Metrics.Counter callsHit;
  private final Metrics.Counter bytesHit;
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  Admission(int mostCalls, long mostBytes, Metrics.Counter callsHit, Metrics.Counter bytesHit) {
    this.mostCalls = mostCalls;
    this.mostBytes = mostBytes;
    this.callsHit = callsHit;
    this.bytesHit = bytesHit;
  }

  /// The lanes of a node, each with its own limits; health, which weighs nothing, has none.
  static Map<Route.Lane, Admission> lanes(HttpSettings s, HttpMetrics m) {
    Map<Route.Lane, Admission> lanes = new EnumMap<>(Route.Lane.class);
    for (Route.Lane lane : Route.Lane.values()) {
      lanes.put(
          lane,
          switch (lane) {
            case SERVICE ->
                new Admission(s.admitted(), s.answerBytes(), m.admittedHit, m.answerBytesHit);
            case OPERATING ->
                new Admission(s.operating(), s.answerBytes() / 4, m.operatingHit, m.answerBytesHit);
            case HEALTH ->
                new Admission(Integer.MAX_VALUE, Long.MAX_VALUE, m.operatingHit, m.answerBytesHit);
          });
    }
    return lanes;
  }

  /// Admits one more call, or refuses it.
  Permit admit() {
    if (calls.incrementAndGet() > mostCalls) {
      calls.decrementAndGet();
      callsHit.increment();
      throw Problem.overloaded("More calls are being answered than this node admits.").refusal();
    }
    return new Permit();
  }

  /// How many bytes of answers are held now.
  long bytes() {
    return bytes.get();
  }

  /// How many calls are admitted now.
  int calls() {
    return calls.get();
  }

  private boolean take(long more) {
    if (bytes.addAndGet(more) <= mostBytes || more <= 0) {
      return true;
    }
    bytes.addAndGet(-more);
    bytesHit.increment();
    return false;
  }

  /// What one call holds.
  final class Permit {
    private long held;
    private boolean released;

    /// Holds `most` bytes for an answer before it is made, or refuses the call. What is held
    /// already counts.
    void reserve(long most) {
      if (most > held && !hold(most)) {
        throw full().refusal();
      }
    }

    /// Holds exactly `size` bytes for the answer that was made; false, and nothing changed, if
    /// there is no room for more than was reserved.
    synchronized boolean hold(long size) {
      if (released || !take(size - held)) {
        return released;
      }
      held = size;
      return true;
    }

    /// As [#hold], for an answer that cannot be refused any more: its write is done.
    synchronized void holdAnyway(long size) {
      if (!released) {
        bytes.addAndGet(size - held);
        held = size;
      }
    }

    /// Gives everything back; again is nothing.
    synchronized void release() {
      if (!released) {
        released = true;
        calls.decrementAndGet();
        bytes.addAndGet(-held);
      }
    }
  }

  /// The refusal of an answer for which there is no room.
  static Problem full() {
    return Problem.overloaded("The answers being sent take all the memory that they may.");
  }
}
