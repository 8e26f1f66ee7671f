package dev.purser.http;

import dev.purser.documents.Document;
import dev.purser.documents.DocumentChange;
import dev.purser.documents.Documents;
import dev.purser.documents.Match;
import dev.purser.partitions.Partition;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// What the edge asks of [Documents], whose contract holds here too. Safe for many threads.
public interface DocumentDoor {

  CompletionStage<Partition.Reply> apply(DocumentChange change, long deadlineMillis);

  CompletionStage<Optional<Document>> get(String id, long deadlineMillis);

  CompletionStage<Documents.Found> find(
      List<Match> filter, boolean counted, int limit, @Nullable String after, long deadlineMillis);

  /// The door of `documents`; what comes through it is interactive.
  static DocumentDoor of(Documents documents) {
    return new DocumentDoor() {
      @Override
      public CompletionStage<Partition.Reply> apply(DocumentChange change, long deadlineMillis) {
        return documents.apply(
            documents.partition(change.id()), List.of(change), false, deadlineMillis);
      }

      @Override
      public CompletionStage<Optional<Document>> get(String id, long deadlineMillis) {
        return documents.get(id, deadlineMillis);
      }

      @Override
      public CompletionStage<Documents.Found> find(
          List<Match> filter,
          boolean counted,
          int limit,
          @Nullable String after,
          long deadlineMillis) {
        return documents.find(filter, counted, limit, after, deadlineMillis);
      }
    };
  }
}
