package dev.purser.http;

import dev.purser.customers.Customer;
import dev.purser.customers.Customer.Reply;
import dev.purser.customers.Customers;
import dev.purser.customers.ProfileJson;
import dev.purser.database.Letter;
import dev.purser.database.Query;
import dev.purser.database.RunRow;
import dev.purser.documents.Document;
import dev.purser.documents.DocumentChange;
import dev.purser.documents.Documents;
import dev.purser.documents.Match;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ingest.Ingest;
import dev.purser.ledger.Change;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.Totals;
import dev.purser.partitions.Partition;
import dev.purser.vectors.Neighbour;
import dev.purser.vectors.Spaces;
import dev.purser.vectors.VectorChange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/// Hand-written neighbours of the edge: they answer as told and remember what was asked.
final class Stubs {

  private Stubs() {}

  static Profile profile(String id, long version) {
    return new Profile(
        id,
        version,
        new TreeMap<>(Map.of("country", "France")),
        List.of(new Totals("GBP", 2, 1_000, 1, 1, 300, 0)),
        1_291_191_960_000_000L,
        1_291_191_960_000_000L);
  }

  static Reply.Read read(String id, long version) {
    return new Reply.Read(
        id,
        version,
        false,
        Customer.Source.MEMORY,
        ProfileJson.encode(profile(id, version), false));
  }

  /// Customers: `reply` answers single ones, `answer` questions.
  static final class StubCustomers implements CustomerDoor {
    volatile CompletionStage<Reply> reply =
        CompletableFuture.completedFuture(Stubs.read("17850", 7));
    volatile CompletionStage<?> answer = CompletableFuture.completedFuture(Optional.empty());
    volatile Source<RunEvent, NotUsed> settling = Source.empty();
    final List<String> ids = new CopyOnWriteArrayList<>();
    final List<Change> changes = new CopyOnWriteArrayList<>();
    final List<Optional<Customer.Condition>> conditions = new CopyOnWriteArrayList<>();
    final List<Query<?>> queries = new CopyOnWriteArrayList<>();

    void applied(Outcome outcome) {
      reply =
          CompletableFuture.completedFuture(
              new Reply.Applied(List.of(outcome), profile("17850", 8), false));
    }

    void refused(ServiceError error, boolean unknown) {
      reply = CompletableFuture.completedFuture(new Reply.Refused(error, unknown));
    }

    @Override
    public CompletionStage<Reply> read(String id, long deadlineMillis) {
      ids.add(id);
      return reply;
    }

    @Override
    public CompletionStage<Reply> apply(
        String id, Change change, Customer.Condition condition, long deadlineMillis) {
      ids.add(id);
      changes.add(change);
      conditions.add(Optional.ofNullable(condition));
      return reply;
    }

    @Override
    public CompletionStage<Customers.Lookup> lookup(List<String> asked, long deadlineMillis) {
      ids.addAll(asked);
      List<Reply.Read> found = new ArrayList<>();
      asked.forEach(id -> found.add(Stubs.read(id, 7)));
      return CompletableFuture.completedFuture(
          new Customers.Lookup(found, List.of(), List.of(), null));
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> CompletionStage<T> answer(Query<T> query, long deadlineMillis) {
      queries.add(query);
      return (CompletionStage<T>) answer;
    }

    @Override
    public CompletionStage<Boolean> liftSuppression(String id, long deadlineMillis) {
      ids.add(id);
      return CompletableFuture.completedFuture(id.equals("known"));
    }

    @Override
    public CompletionStage<Boolean> dropLetters(String id, long deadlineMillis) {
      ids.add(id);
      return CompletableFuture.completedFuture(false);
    }

    @Override
    public Source<RunEvent, NotUsed> settleAll(String key) {
      ids.add(String.valueOf(key));
      return settling;
    }
  }

  /// Documents: `reply` answers changes, `found` lists.
  static final class StubDocuments implements DocumentDoor {
    volatile Partition.Reply reply =
        new Partition.Reply.Refused(new ServiceError.NotFound("none"), false);
    volatile Documents.Found found = new Documents.Found(0, List.of());
    final List<DocumentChange> changes = new CopyOnWriteArrayList<>();
    final List<List<Match>> filters = new CopyOnWriteArrayList<>();

    @Override
    public CompletionStage<Partition.Reply> apply(DocumentChange change, long deadlineMillis) {
      changes.add(change);
      return CompletableFuture.completedFuture(reply);
    }

    @Override
    public CompletionStage<Optional<Document>> get(String id, long deadlineMillis) {
      return CompletableFuture.completedFuture(Optional.empty());
    }

    @Override
    public CompletionStage<Documents.Found> find(
        List<Match> filter, boolean counted, int limit, String after, long deadlineMillis) {
      filters.add(filter);
      return CompletableFuture.completedFuture(found);
    }
  }

  /// Vector spaces: `reply` answers changes, the others are found as they are set.
  static final class StubVectors implements VectorDoor {
    volatile Partition.Reply reply =
        new Partition.Reply.Refused(new ServiceError.NotFound("none"), false);
    volatile Optional<float[]> vector = Optional.empty();
    volatile List<Spaces.Space> spaces = List.of();
    volatile Optional<List<Neighbour>> found = Optional.empty();
    volatile boolean dropped;
    volatile List<Neighbour> similar = List.of();
    volatile boolean rebuilding = true;
    final List<VectorChange> changes = new CopyOnWriteArrayList<>();
    final List<Spaces.Question> questions = new CopyOnWriteArrayList<>();

    @Override
    public CompletionStage<Partition.Reply> apply(VectorChange change, long deadlineMillis) {
      changes.add(change);
      return CompletableFuture.completedFuture(reply);
    }

    @Override
    public CompletionStage<Optional<float[]>> get(String space, String id, long deadlineMillis) {
      return CompletableFuture.completedFuture(vector);
    }

    @Override
    public CompletionStage<List<Spaces.Space>> all(long deadlineMillis) {
      return CompletableFuture.completedFuture(spaces);
    }

    @Override
    public CompletionStage<Optional<List<Neighbour>>> search(
        String space, Spaces.Question question, long deadlineMillis) {
      questions.add(question);
      return CompletableFuture.completedFuture(found);
    }

    @Override
    public CompletionStage<Boolean> drop(String space, long deadlineMillis) {
      return CompletableFuture.completedFuture(dropped);
    }

    @Override
    public CompletionStage<List<Neighbour>> similar(String customer, int k, long deadlineMillis) {
      return CompletableFuture.completedFuture(similar.stream().limit(k).toList());
    }

    @Override
    public CompletionStage<Done> tasteSettled(String customer) {
      return CompletableFuture.completedFuture(Done.done());
    }

    @Override
    public CompletionStage<Boolean> rebuildTaste() {
      return CompletableFuture.completedFuture(rebuilding);
    }
  }

  /// The bulk lane: `starting` makes the events of a run.
  static final class StubBulk implements BulkDoor {
    volatile java.util.function.Function<Ingest.Upload, CompletionStage<Source<RunEvent, NotUsed>>>
        starting =
            _ ->
                CompletableFuture.failedFuture(
                    new Fault(ServiceError.Validation.of("profile", "is unknown")));
    volatile List<RunRow> runs = List.of();
    volatile List<Letter> letters = List.of();
    final List<Ingest.Replay> replays = new CopyOnWriteArrayList<>();
    volatile Optional<Boolean> cancelled = Optional.empty();

    @Override
    public CompletionStage<Source<RunEvent, NotUsed>> start(Ingest.Upload upload) {
      return starting.apply(upload);
    }

    @Override
    public CompletionStage<Source<RunEvent, NotUsed>> replay(Ingest.Replay replay) {
      replays.add(replay);
      return CompletableFuture.completedFuture(Source.single(new RunEvent.Summary(report(1))));
    }

    @Override
    public CompletionStage<List<RunRow>> runs(int limit, String afterId) {
      return CompletableFuture.completedFuture(
          runs.stream()
              .filter(r -> afterId == null || r.id().compareTo(afterId) < 0)
              .limit(limit)
              .toList());
    }

    @Override
    public CompletionStage<Optional<RunRow>> run(String id) {
      return CompletableFuture.completedFuture(
          runs.stream().filter(r -> r.id().equals(id)).findFirst());
    }

    @Override
    public CompletionStage<Optional<Boolean>> cancel(String id) {
      return CompletableFuture.completedFuture(cancelled);
    }

    @Override
    public CompletionStage<List<Letter>> letters(
        String run, String reason, int limit, long afterId) {
      return CompletableFuture.completedFuture(
          letters.stream().filter(l -> l.id() > afterId).limit(limit).toList());
    }

    @Override
    public CompletionStage<Optional<Letter>> letter(long id) {
      return CompletableFuture.completedFuture(
          letters.stream().filter(l -> l.id() == id).findFirst());
    }

    @Override
    public CompletionStage<Boolean> dropLetter(long id) {
      return CompletableFuture.completedFuture(id == 1);
    }

    @Override
    public CompletionStage<Long> dropLetters(String run, String reason) {
      return CompletableFuture.completedFuture(3L);
    }
  }

  static RunEvent.Report.Ingest report(long lines) {
    return new RunEvent.Report.Ingest(
        "r-1",
        lines,
        lines,
        0,
        0,
        0,
        0,
        0,
        1,
        lines,
        List.of(new RunEvent.LineError(3, "ERR_VALIDATION", "is empty")));
  }

  /// The node: ready unless told otherwise.
  static final class StubOperations implements Operations {
    volatile List<String> unready = List.of();
    volatile List<String> degraded = List.of();
    volatile boolean closing;
    final List<String> orders = new CopyOnWriteArrayList<>();

    @Override
    public List<String> unready() {
      return unready;
    }

    @Override
    public List<String> degraded() {
      return degraded;
    }

    @Override
    public boolean closing() {
      return closing;
    }

    @Override
    public CompletionStage<List<Map<String, Object>>> slots() {
      return CompletableFuture.completedFuture(List.of(Map.of("slot", 0, "state", "idle")));
    }

    @Override
    public CompletionStage<Boolean> recycle(int n) {
      return CompletableFuture.completedFuture(n == 0);
    }

    @Override
    public CompletionStage<Void> pauseDatabase(String by) {
      orders.add("pause");
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> resumeDatabase(String by) {
      orders.add("resume");
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Long> clearCache() {
      return CompletableFuture.completedFuture(5L);
    }

    @Override
    public List<Map<String, Object>> supervision() {
      return List.of(
          Map.of(
              "when",
              "2026-01-01T00:00:00Z",
              "actor",
              "slot-1",
              "error",
              "ERR_DB",
              "message",
              "The database cannot be reached.",
              "decision",
              "RESTART"));
    }

    @Override
    public Map<String, Object> config() {
      return Map.of("http", Map.of("port", 8080));
    }

    @Override
    public boolean logLevel(String logger, String level, Duration expiry) {
      orders.add(logger + " " + level + " " + expiry);
      return level.equals("DEBUG");
    }

    @Override
    public void drain(String by) {
      orders.add("drain");
    }
  }
}
