package dev.purser.vectors;

import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/// Cuts a stream of bytes, however it arrives, into chunks of whole units.
///
/// While somebody downstream waits, every unit that has come is passed on at once: nothing is held
/// back from a slow sender's answer. While nobody does, up to a chunk is gathered, so that small
/// packets of a fast sender become few large chunks. Holds a chunk and one element at most.
///
/// A stream that ends within a unit gives its last chunk as [Chunk#torn], so that what came before
/// keeps its place before the failure.
final class Cutting extends GraphStage<FlowShape<ByteString, Cutting.Chunk>> {
  /// Pieces that a chunk may consist of before they are copied together: a sender of single bytes
  /// would fill the memory with their headers.
  private static final int MOST_PIECES = 256;

  private final Inlet<ByteString> in = Inlet.create("Cutting.in");
  private final Outlet<Chunk> out = Outlet.create("Cutting.out");
  private final FlowShape<ByteString, Chunk> shape = FlowShape.of(in, out);
  private final int unitBytes;
  private final int chunkBytes;

  /// @param torn the end of a stream that ended within a unit; of no use
  record Chunk(ByteString bytes, boolean torn) {}

  /// @param unitBytes what belongs together
  /// @param chunkBytes the most of a chunk, at least a unit
  Cutting(int unitBytes, int chunkBytes) {
    this.unitBytes = unitBytes;
    this.chunkBytes = chunkBytes - chunkBytes % unitBytes;
  }

  @Override
  public FlowShape<ByteString, Chunk> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends GraphStageLogic {
    private ByteString held = ByteString.emptyByteString();
    private int pieces;

    Logic() {
      super(shape);
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              hold(grab(in));
              move();
            }

            @Override
            public void onUpstreamFinish() {
              if (held.isEmpty()) {
                completeStage();
              } else if (isAvailable(out)) {
                move();
              }
            }
          });
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              move();
            }
          });
    }

    /// Reading begins at once, so that a sender who waits to be asked for its body is.
    @Override
    public void preStart() {
      pull(in);
    }

    private void hold(ByteString bytes) {
      held = held.isEmpty() ? bytes : held.concat(bytes);
      pieces++;
      if (pieces > MOST_PIECES) {
        held = held.compact();
        pieces = 1;
      }
    }

    private void move() {
      if (isAvailable(out)) {
        if (held.size() >= unitBytes) {
          pass();
        } else if (isClosed(in) && !held.isEmpty()) {
          push(out, new Chunk(held, true));
          held = ByteString.emptyByteString();
        }
      }
      if (!isClosed(in)) {
        if (held.size() < chunkBytes && !hasBeenPulled(in)) {
          pull(in);
        }
      } else if (held.isEmpty()) {
        completeStage();
      }
    }

    private void pass() {
      int whole = held.size() - held.size() % unitBytes;
      if (whole <= chunkBytes && whole == held.size()) {
        push(out, new Chunk(held, false));
        held = ByteString.emptyByteString();
        pieces = 0;
        return;
      }
      int size = Math.min(whole, chunkBytes);
      push(out, new Chunk(held.take(size), false));
      held = held.drop(size);
      pieces = 1;
    }
  }
}
