package dev.purser.http;

import dev.purser.metrics.Metrics;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.BackpressureTimeoutException;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import scala.concurrent.duration.FiniteDuration;

/// Answers on their way to clients that may read slowly, or not at all. What a call holds is given
/// back when its answer has been taken by the connection, has failed, or was never sent because its
/// connection had gone. Safe for many threads.
///
/// A whole answer goes in pieces, each of which the client must make room for within `send-time`:
/// one that reads nothing would hold its answer for as long as its connection lives.
final class Sending {
  /// Answers up to this size go at once: buffers of a socket take as much.
  static final int AT_ONCE = 16 << 10;

  private static final int PIECE = 64 << 10;

  private final Duration patience;
  private final Materializer materializer;
  private final Metrics.Counter timeHit;
  private final AtomicInteger running;

  /// @param running how many answers are being sent
  Sending(
      Duration patience,
      Materializer materializer,
      Metrics.Counter timeHit,
      AtomicInteger running) {
    this.patience = patience;
    this.materializer = materializer;
    this.timeHit = timeHit;
    this.running = running;
  }

  /// The same entity in pieces; when the last is taken, `done` runs.
  ResponseEntity whole(HttpEntity.Strict entity, Runnable done) {
    ByteString data = entity.getData();
    Source<ByteString, NotUsed> pieces =
        Source.unfold(0, at -> piece(data, at))
            .backpressureTimeout(patience)
            .mapError(
                BackpressureTimeoutException.class,
                e -> {
                  timeHit.increment();
                  return e;
                });
    return HttpEntities.create(entity.getContentType(), data.size(), watched(pieces, done));
  }

  /// A copy, so that pieces in the buffers of a connection do not keep the whole.
  private static Optional<Pair<Integer, ByteString>> piece(ByteString data, int at) {
    int end = Math.min(data.size(), at + PIECE);
    return at >= end
        ? Optional.empty()
        : Optional.of(Pair.create(end, ByteString.fromArray(data.slice(at, end).toArray())));
  }

  /// The same stream; when it ends, or if it has not begun after a while, `done` runs, once. Pekko
  /// drops the answer of a connection that has gone without a word.
  Source<ByteString, NotUsed> watched(Source<ByteString, NotUsed> stream, Runnable done) {
    AtomicBoolean over = new AtomicBoolean();
    Runnable end =
        () -> {
          if (over.compareAndSet(false, true)) {
            running.decrementAndGet();
            done.run();
          }
        };
    running.incrementAndGet();
    Cancellable neverBegun =
        materializer.scheduleOnce(FiniteDuration.fromNanos(patience.toNanos()), end);
    return stream.watchTermination(
        (mat, ended) -> {
          neverBegun.cancel();
          var _ = ended.whenComplete((_, _) -> end.run());
          return mat;
        });
  }
}
