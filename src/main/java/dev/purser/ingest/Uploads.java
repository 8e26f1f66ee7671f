package dev.purser.ingest;

import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ingest.Runs.Work;
import dev.purser.ledger.EventJson;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.StreamSubscriptionTimeoutTerminationMode;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/// Bodies of uploads as streams of lines: framed, read on several cores at once and put back into
/// their order. Immutable, safe for many threads.
record Uploads(ActorSystem<?> system, IngestSettings settings, EventJson events) {

  /// The upload as work for a run. Fails if its profile is unknown or its header is not the
  /// profile's.
  CompletionStage<Work> open(Ingest.Upload upload) {
    String name = upload.profile();
    Source<ByteString, ?> body =
        upload
            .body()
            .map(
                bytes -> {
                  IngestMetrics.INSTANCE.bytes.add(bytes.size());
                  return bytes;
                });
    if (name == null) {
      JsonReader reader = new JsonReader(events, upload.ignoreUnknown(), lineLimit());
      return CompletableFuture.completedStage(
          new Work("ingest", null, null, read(body.via(new Framing(false, settings)), reader)));
    }
    CsvProfile profile = settings.profiles().get(name);
    return profile == null
        ? failed(ServiceError.Validation.of("profile", "is not one that this server has"))
        : open(profile, body.via(new Framing(true, settings)));
  }

  /// Reads on for a while and forgets it, so that the sender comes to read its refusal.
  void drain(Source<?, ?> rest) {
    rest.takeWithin(settings.drain()).runWith(Sink.ignore(), system);
  }

  private CompletionStage<Work> open(CsvProfile profile, Source<Block, ?> blocks) {
    return blocks
        .prefixAndTail(1)
        // The tail is begun when the run is stored, which a slow database may delay.
        .addAttributes(
            ActorAttributes.streamSubscriptionTimeout(
                Duration.ofDays(1), StreamSubscriptionTimeoutTerminationMode.noop()))
        .runWith(Sink.head(), system)
        .handle(
            (parted, failure) -> {
              if (failure != null) {
                throw new Fault(broken(failure), failure);
              }
              if (parted.first().isEmpty()) {
                throw new Fault(ServiceError.Validation.of("header", "is required"));
              }
              return work(profile, parted.first().getFirst(), parted.second());
            });
  }

  private Work work(CsvProfile profile, Block first, Source<Block, ?> rest) {
    return switch (CsvReader.open(profile, first, 0, lineLimit())) {
      case CsvReader.Opened.Refused(var error) -> {
        drain(rest);
        throw new Fault(error);
      }
      case CsvReader.Opened.Ready(CsvReader reader) -> {
        Source<List<Line>, ?> lines =
            Source.single(reader.read(first))
                .map(read -> read.subList(1, read.size()))
                .concat(read(rest, reader));
        Ordinals ordinals = new Ordinals(settings.invoices());
        yield new Work(
            "ingest",
            profile.name(),
            reader.header(),
            lines.map(read -> read.stream().map(ordinals::number).toList()));
      }
    };
  }

  private Source<List<Line>, ?> read(Source<Block, ?> blocks, Reader reader) {
    var executor = system.executionContext();
    return blocks.mapAsync(
        settings.readers(),
        block -> CompletableFuture.supplyAsync(() -> reader.read(block), executor::execute));
  }

  private int lineLimit() {
    return settings.lineLimitBytes();
  }

  private static ServiceError broken(Throwable failure) {
    ServiceError error = Chores.error(failure);
    return error instanceof ServiceError.Internal
        ? ServiceError.Validation.of("body", "ended before it was complete")
        : error;
  }

  private static <T> CompletionStage<T> failed(ServiceError error) {
    return CompletableFuture.failedStage(new Fault(error));
  }
}
