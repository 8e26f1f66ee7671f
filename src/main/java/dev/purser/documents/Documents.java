package dev.purser.documents;

import dev.purser.database.Database;
import dev.purser.database.NodeLease;
import dev.purser.documents.DocumentAsk.Told;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Utf8;
import dev.purser.partitions.Partition;
import dev.purser.partitions.Partitions;
import dev.purser.strings.StringPool;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/// The door to documents: what the edge and the bulk lane may ask. Safe for many threads.
///
/// Deadlines are absolute, in the clock's milliseconds since 1970. Stages of [#apply] never fail;
/// those of questions fail with a [Fault].
public final class Documents {
  private final Partitions partitions;

  /// The documents that match.
  ///
  /// @param count how many they are in all, or -1 if that was not asked
  /// @param ids in the order of their UTF-8 bytes
  public record Found(long count, List<String> ids) {
    public Found {
      ids = List.copyOf(ids);
    }
  }

  private Documents(Partitions partitions) {
    this.partitions = partitions;
  }

  /// Starts documents on this node.
  public static Documents start(
      ActorSystem<?> system,
      ActorRef<Database.Command> database,
      DocumentsSettings settings,
      InstantSource clock,
      NodeLease lease) {
    DocumentKind kind =
        new DocumentKind(new StringPool(settings.pool()), settings.most(), new DocumentsMetrics());
    return new Documents(
        Partitions.start(system, kind, database, settings.partitions(), clock, lease));
  }

  /// Completed when all documents have been loaded.
  public CompletionStage<Done> loaded() {
    return partitions.loaded();
  }

  /// The partition that owns a document.
  public int partition(String id) {
    return partitions.partition(id);
  }

  /// Applies changes of documents that one partition owns, in their order.
  ///
  /// @param bulk whether they may wait behind others, and nobody reads their contents
  public CompletionStage<Partition.Reply> apply(
      int partition, List<DocumentChange> changes, boolean bulk, long deadlineMillis) {
    return partitions.apply(
        partition, deadlineMillis, to -> new Apply(changes, bulk, deadlineMillis, to));
  }

  /// The document of an id.
  public CompletionStage<Optional<Document>> get(String id, long deadlineMillis) {
    return partitions
        .<Told>ask(id, deadlineMillis, to -> new DocumentAsk.Get(id, to))
        .thenApply(told -> document(id, told));
  }

  private static Optional<Document> document(String id, Told told) {
    return switch (told) {
      case Told.One(long version, byte[] fields) ->
          fields == null
              ? Optional.empty()
              : Optional.of(new Document(id, version, Fields.decode(fields)));
      case Told.NotTold(ServiceError error) -> throw new Fault(error);
      case Told.Found _ -> throw new IllegalStateException("a document was answered as a list");
    };
  }

  /// The fields of a record's content, as outcomes carry it.
  public static Fields fields(byte[] content) {
    return DocumentHolding.decode(content);
  }

  /// The documents that match all of `filter`: how many, if that is `counted`, and the first
  /// `limit` ids after `after`.
  public CompletionStage<Found> find(
      List<Match> filter, boolean counted, int limit, @Nullable String after, long deadlineMillis) {
    return partitions
        .<Told>askAll(deadlineMillis, to -> new DocumentAsk.Find(filter, counted, limit, after, to))
        .thenApply(all -> merged(all, counted, limit));
  }

  private static Found merged(List<Told> all, boolean counted, int limit) {
    long count = counted ? 0 : -1;
    List<String> ids = new ArrayList<>();
    for (Told told : all) {
      switch (told) {
        case Told.Found found -> {
          count += counted ? found.count() : 0;
          ids.addAll(found.ids());
        }
        case Told.NotTold(ServiceError error) -> throw new Fault(error);
        case Told.One _ -> throw new IllegalStateException("a list was answered as a document");
      }
    }
    ids.sort(Utf8::compare);
    return new Found(count, ids.subList(0, Math.min(limit, ids.size())));
  }
}
