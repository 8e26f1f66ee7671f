package dev.purser.http;

import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import java.util.function.BooleanSupplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/// Passes a body on, and fails if it ends before all that was announced has come. Pekko says so
/// itself, but not any more once the answer has begun: then a body that is cut off ends as if it
/// were whole.
final class Entire extends GraphStage<FlowShape<ByteString, ByteString>> {
  private final Inlet<ByteString> in = Inlet.create("Entire.in");
  private final Outlet<ByteString> out = Outlet.create("Entire.out");
  private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);
  private final BooleanSupplier whole;

  private Entire(BooleanSupplier whole) {
    this.whole = whole;
  }

  /// The bytes of `entity`. The source is for one use.
  static Source<ByteString, ?> bytes(HttpEntity entity) {
    Arrived arrived = new Arrived();
    if (entity instanceof HttpEntity.Chunked chunked) {
      return chunked
          .getChunks()
          .mapMaterializedValue(_ -> NotUsed.getInstance())
          .map(arrived::data)
          .filter(bytes -> !bytes.isEmpty())
          .via(new Entire(() -> arrived.last));
    }
    Source<ByteString, ?> bytes = entity.getDataBytes();
    return entity.getContentLengthOption().isEmpty()
        ? bytes
        : bytes
            .map(arrived::count)
            .via(new Entire(() -> arrived.bytes == entity.getContentLengthOption().getAsLong()));
  }

  /// What has come so far. Confined to the stream.
  private static final class Arrived {
    private long bytes;
    private boolean last;

    ByteString data(HttpEntity.ChunkStreamPart part) {
      last = part.isLastChunk();
      return part.data();
    }

    ByteString count(ByteString chunk) {
      bytes += chunk.size();
      return chunk;
    }
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
    Logic() {
      super(shape);
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              push(out, grab(in));
            }

            @Override
            public void onUpstreamFinish() {
              if (whole.getAsBoolean()) {
                completeStage();
              } else {
                failStage(new Fault(ServiceError.Validation.of("body", "ends before its end")));
              }
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
  }
}
