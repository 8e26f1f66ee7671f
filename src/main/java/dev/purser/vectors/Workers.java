package dev.purser.vectors;

import dev.purser.faults.Decision;
import dev.purser.faults.Escalated;
import dev.purser.faults.Fault;
import dev.purser.faults.Phase;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/// The stream workers: chains of kernels over streams of little-endian 32-bit floats, on a
/// dispatcher of their own. Safe for many threads.
///
/// ## Ownership
///
/// A chunk is immutable bytes as they came. It is copied into the array that is handed over, and
/// kernels are applied to that in place: one copy, which Pekko's immutable bytes demand. A chain
/// that normalizes goes by way of a scratch array of floats.
///
/// ## Who works
///
/// A chunk whose work takes less than a hand-over and the waking of a thread is worked on where it
/// comes in, by the stream itself; a longer one by the workers, several of a stream at once with
/// their order kept. [Pace] tells from the chunks before.
///
/// ## Limits
///
/// Streams at once, chunks of a stream in flight, bytes of a chunk, kernels of a chain: memory does
/// not depend on the length of a stream. A reader that does not read stops the workers, then the
/// reading, then the sender.
///
/// ## Failure
///
/// What [Decision] calls RESUME ends the stream: a value cannot be left out of its answer. RESTART
/// (a bug) works on the chunk once more, and ends the stream if that fails too. Nothing outlives
/// its stream.
public final class Workers {
  private final VectorsSettings settings;
  private final SupervisionLog log;
  private final Kernels kernels;
  private final Executor executor;
  private final Places places;

  /// Arrays that no worker holds; no more than have ever worked at once are made.
  private final BlockingQueue<float[]> scratch = new ArrayBlockingQueue<>(64);

  Workers(VectorsSettings settings, SupervisionLog log, Kernels kernels, Executor executor) {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new Escalated("Vectors need a little-endian machine, and this one is not.", null);
    }
    this.settings = settings;
    this.log = log;
    this.kernels = kernels;
    this.executor = executor;
    this.places = new Places(settings.streams());
  }

  /// The workers of `system`, with the kernels of this JVM.
  public static Workers start(ActorSystem<?> system, VectorsSettings settings, SupervisionLog log) {
    Executor executor =
        system.dispatchers().lookup(DispatcherSelector.fromConfig("purser.vectors.dispatcher"));
    return new Workers(settings, log, KernelsChoice.chosen(), executor);
  }

  /// The chain that `text` names, as [Chain#parse] has it.
  public Chain chain(String text, @Nullable Integer dimension) {
    return Chain.parse(text, dimension, settings.kernels());
  }

  /// What `chain` makes of `values`, in order and as they come. The source is for one use; it has a
  /// place among the streams from its first moment to its last. It fails with a [Fault] of a
  /// validation error if the values end within a unit, and of an overload if the last place has
  /// been taken between this call and its beginning.
  ///
  /// @param by who asks, for the log
  /// @throws Fault if there are as many streams as there may be
  public Source<ByteString, NotUsed> transform(
      Chain chain, Source<ByteString, ?> values, String by) {
    places.check();
    return values
        .mapMaterializedValue(_ -> NotUsed.getInstance())
        .via(flow(chain))
        .via(new Ending("The stream of " + chain + " (" + by + ")", places));
  }

  /// Streams that have a place.
  public int running() {
    return places.taken();
  }

  private Flow<ByteString, ByteString, NotUsed> flow(Chain chain) {
    int unit = chain.unit() * Float.BYTES;
    Pace pace = new Pace();
    return Flow.fromGraph(new Cutting(unit, settings.chunkBytes()))
        .mapAsync(settings.inFlight(), chunk -> work(chain, chunk, pace))
        .map(
            chunk -> {
              if (chunk.torn()) {
                throw new Fault(ServiceError.Validation.of("body", "ends within " + words(chain)));
              }
              return chunk.bytes();
            });
  }

  private static String words(Chain chain) {
    return chain.unit() == 1 ? "a value" : "a vector of " + chain.unit() + " values";
  }

  private CompletionStage<Cutting.Chunk> work(Chain chain, Cutting.Chunk chunk, Pace pace) {
    if (chunk.torn()) {
      return CompletableFuture.completedFuture(chunk);
    }
    ByteString bytes = chunk.bytes();
    return pace.nanos(bytes.size()) >= settings.handOver().toNanos()
        ? CompletableFuture.supplyAsync(() -> worked(chain, bytes, pace), executor)
        : CompletableFuture.completedFuture(worked(chain, bytes, pace));
  }

  private Cutting.Chunk worked(Chain chain, ByteString bytes, Pace pace) {
    try {
      long start = System.nanoTime();
      ByteString result = applied(chain, bytes);
      pace.took(System.nanoTime() - start, bytes.size());
      return new Cutting.Chunk(result, false);
    } catch (RuntimeException e) {
      Decision decision = Decision.of(e, Phase.SERVING);
      log.add("stream of " + chain, errorOf(e), decision);
      return switch (decision) {
        case RESTART -> new Cutting.Chunk(applied(chain, bytes), false);
        case RESUME, ESCALATE -> throw e;
      };
    }
  }

  private static ServiceError errorOf(RuntimeException failure) {
    return failure instanceof Fault f ? f.error() : new ServiceError.Internal(failure.toString());
  }

  private ByteString applied(Chain chain, ByteString bytes) {
    byte[] result = new byte[bytes.size()];
    if (chain.normalizes()) {
      normalized(chain, bytes, result);
    } else {
      gather(bytes, MemorySegment.ofArray(result));
      chain.apply(kernels, result);
    }
    VectorsMetrics.INSTANCE.bytes.add(result.length);
    return ByteString.fromArrayUnsafe(result);
  }

  /// By way of floats, which norms are computed from.
  private void normalized(Chain chain, ByteString bytes, byte[] result) {
    float[] idle = scratch.poll();
    float[] values = idle == null ? new float[settings.chunkBytes() / Float.BYTES] : idle;
    try {
      MemorySegment memory = MemorySegment.ofArray(values);
      gather(bytes, memory);
      chain.apply(kernels, values, 0, values, 0, result.length / Float.BYTES);
      MemorySegment.copy(memory, 0, MemorySegment.ofArray(result), 0, result.length);
    } finally {
      boolean _ = scratch.offer(values);
    }
  }

  private static void gather(ByteString bytes, MemorySegment to) {
    long at = 0;
    for (ByteBuffer piece : bytes.getByteBuffers()) {
      MemorySegment from = MemorySegment.ofBuffer(piece);
      MemorySegment.copy(from, 0, to, at, from.byteSize());
      at += from.byteSize();
    }
  }
}
