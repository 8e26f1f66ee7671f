package dev.purser.vectors;

import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.metrics.Metrics;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The end of a stream of kernels: passes everything on, counts how it ended, logs what was cut
/// off, and holds the stream's place from its first moment to its last, whatever happens.
final class Ending extends GraphStage<FlowShape<ByteString, ByteString>> {
  private static final Logger LOG = LoggerFactory.getLogger(Ending.class);

  private final Inlet<ByteString> in = Inlet.create("Ending.in");
  private final Outlet<ByteString> out = Outlet.create("Ending.out");
  private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);
  private final String what;
  private final Places places;

  /// @param what the stream, for the log
  /// @param places of which it takes one
  Ending(String what, Places places) {
    this.what = what;
    this.places = places;
  }

  @Override
  public FlowShape<ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends GraphStageLogic {
    private Metrics.Counter outcome = VectorsMetrics.INSTANCE.left;
    private long bytes;
    private boolean placed;

    Logic() {
      super(shape);
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              ByteString chunk = grab(in);
              bytes += chunk.size();
              push(out, chunk);
            }

            @Override
            public void onUpstreamFinish() {
              outcome = VectorsMetrics.INSTANCE.done;
              completeStage();
            }

            @Override
            public void onUpstreamFailure(Throwable failure) {
              fail(failure);
              failStage(failure);
            }
          });
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              pull(in);
            }
          });
    }

    @Override
    public void preStart() {
      placed = places.take();
      if (!placed) {
        failStage(places.refusal());
      }
    }

    /// What the sender did wrong is a line; anything else is a bug with its trace.
    private void fail(Throwable failure) {
      if (failure instanceof Fault f && f.error() instanceof ServiceError.Validation v) {
        outcome = VectorsMetrics.INSTANCE.cut;
        LOG.warn("{} was cut off after {} bytes: {}", what, bytes, v.message());
      } else {
        outcome = VectorsMetrics.INSTANCE.failed;
        LOG.error("{} failed after {} bytes", what, bytes, failure);
      }
    }

    @Override
    public void postStop() {
      if (placed) {
        outcome.increment();
        places.give();
      }
    }
  }
}
