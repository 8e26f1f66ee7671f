package dev.purser.ingest;

import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/// Bytes to blocks of records. Pulls only when it was pulled, and answers a pull as soon as one
/// record is complete, so that a slow sender's lines do not wait for each other.
///
/// If the upstream fails, the unfinished last record is dropped: it may have been cut.
final class Framing extends GraphStage<FlowShape<ByteString, Block>> {
  /// Bytes taken at a time: enough records for one message, small enough for the caches.
  private static final int BITE = 64 * 1024;

  private final Inlet<ByteString> in = Inlet.create("Framing.in");
  private final Outlet<Block> out = Outlet.create("Framing.out");
  private final boolean csv;
  private final int lineLimit;
  private final int quoteLimit;

  Framing(boolean csv, IngestSettings settings) {
    this.csv = csv;
    lineLimit = settings.lineLimitBytes();
    quoteLimit = settings.quoteLimitBytes();
  }

  @Override
  public FlowShape<ByteString, Block> shape() {
    return FlowShape.of(in, out);
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends GraphStageLogic {
    private final Scanner scanner = new Scanner(csv, lineLimit, quoteLimit);
    private ByteString rest = ByteString.emptyByteString();
    private boolean ended;

    Logic() {
      super(Framing.this.shape());
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              rest = grab(in);
              advance();
            }

            @Override
            public void onUpstreamFinish() {
              ended = true;
              if (isAvailable(out)) {
                advance();
              }
            }
          });
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              advance();
            }
          });
    }

    private void advance() {
      while (!rest.isEmpty() && !scanner.hasRecords()) {
        ByteString bite = rest.take(BITE);
        rest = rest.drop(BITE);
        bite.getByteBuffers().forEach(scanner::append);
      }
      boolean last = ended && rest.isEmpty();
      if (last && !scanner.hasRecords()) {
        scanner.end();
      }
      if (scanner.hasRecords()) {
        push(out, scanner.take());
      } else if (last) {
        completeStage();
      } else if (!hasBeenPulled(in)) {
        pull(in);
      }
    }
  }
}
