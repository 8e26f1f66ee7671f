package dev.purser.http;

import dev.purser.metrics.Metrics;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/// Passes a body on and, if its reader leaves early, reads the rest of it into nothing, within
/// limits of bytes and time. Pekko closes the connection of an answer that comes before the body's
/// end, and a client that is still writing then loses the answer; so the answer waits for
/// [#ended()].
final class Draining extends GraphStage<FlowShape<ByteString, ByteString>> {
  private final Inlet<ByteString> in = Inlet.create("Draining.in");
  private final Outlet<ByteString> out = Outlet.create("Draining.out");
  private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);
  private final CompletableFuture<Done> ended = new CompletableFuture<>();
  private final long bytes;
  private final Duration time;
  private final Metrics.Counter limitHit;
  private volatile boolean started;

  Draining(long bytes, Duration time, Metrics.Counter limitHit) {
    this.bytes = bytes;
    this.time = time;
    this.limitHit = limitHit;
  }

  /// Whether somebody has begun to read.
  boolean started() {
    return started;
  }

  /// Completed when nothing more is read of the body, for whatever reason.
  CompletableFuture<Done> ended() {
    return ended;
  }

  @Override
  public FlowShape<ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    started = true;
    return new Logic();
  }

  private final class Logic extends TimerGraphStageLogic {
    private boolean draining;
    private long left = bytes;

    Logic() {
      super(shape);
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              take(grab(in));
            }
          });
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              pull(in);
            }

            @Override
            public void onDownstreamFinish(Throwable cause) {
              drain();
            }
          });
    }

    private void take(ByteString chunk) {
      if (!draining) {
        push(out, chunk);
        return;
      }
      left -= chunk.size();
      if (left > 0) {
        pull(in);
      } else {
        limitHit.increment();
        completeStage();
      }
    }

    private void drain() {
      draining = true;
      scheduleOnce("time", time);
      if (!isClosed(in) && !hasBeenPulled(in)) {
        pull(in);
      }
    }

    @Override
    public void onTimer(Object key) {
      limitHit.increment();
      completeStage();
    }

    @Override
    public void postStop() {
      ended.complete(Done.getInstance());
    }
  }
}
