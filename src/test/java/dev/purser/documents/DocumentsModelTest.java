package dev.purser.documents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.database.DatabaseUrl;
import dev.purser.database.PostgresUrl;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.partitions.Outcome;
import dev.purser.partitions.Partition;
import dev.purser.testing.Postgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;

/// Random changes, several at once, through the door against a plain model, on real databases;
/// partitions fail and nodes are closed and opened in between. Answers, documents, counts and pages
/// agree after every step.
class DocumentsModelTest {
  private static final List<String> NAMES = List.of("", "a", "a.b", "é");
  private static final List<String> VALUES = List.of("", "a", "1", "\uFF5E", "\uD83D\uDE00");

  /// What happens after the changes of a step were sent.
  enum Then {
    NOTHING,
    /// A partition fails when they are answered.
    CRASH,
    /// A partition fails while they may be on their way.
    CRASH_AT_ONCE,
    REOPEN
  }

  record Step(List<DocumentChange> changes, boolean bulk, Then then) {}

  private final TreeMap<String, Document> model = new TreeMap<>(Shelf.ID_ORDER);
  private final Map<String, Long> highest = new HashMap<>();
  private DocumentsNode node;

  @Property(tries = 5, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void steps_onSqlite_leaveDocumentsAndModelEqual(@ForAll("steps") List<Step> steps)
      throws IOException {
    Path folder = Files.createTempDirectory("documents-model");
    run(steps, new DatabaseUrl.OfFile(folder.resolve("purser.db")));
    try (var files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
    }
  }

  @Property(tries = 3, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void steps_onPostgres_leaveDocumentsAndModelEqual(@ForAll("steps") List<Step> steps) {
    Postgres server = Postgres.shared();
    run(steps, new DatabaseUrl.OfServer(PostgresUrl.parse(server.url(server.freshDatabase()))));
  }

  private void run(List<Step> steps, DatabaseUrl url) {
    model.clear();
    highest.clear();
    node = new DocumentsNode(url);
    int n = 0;
    for (Step step : steps) {
      apply(step);
      if (step.then == Then.CRASH) {
        node.crash(step.changes.getFirst().id());
      } else if (step.then == Then.REOPEN) {
        node.close();
        node = new DocumentsNode(url);
      }
      step.changes.forEach(change -> agree(change.id()));
      agree(n++);
    }
    node.close();
    node = new DocumentsNode(url);
    List.copyOf(highest.keySet()).forEach(this::agree);
    agree(0);
    node.close();
  }

  private void apply(Step step) {
    Map<Integer, List<DocumentChange>> parts = new LinkedHashMap<>();
    step.changes.forEach(
        c ->
            parts.computeIfAbsent(node.documents.partition(c.id()), _ -> new ArrayList<>()).add(c));
    List<CompletionStage<Partition.Reply>> replies = new ArrayList<>();
    parts.forEach(
        (part, changes) -> {
          replies.add(node.documents.apply(part, changes, step.bulk, soon()));
          if (step.then == Then.CRASH_AT_ONCE) {
            node.crash(changes.getFirst().id());
          }
        });
    int i = 0;
    for (List<DocumentChange> changes : parts.values()) {
      switch (join(replies.get(i++))) {
        case Partition.Reply.Applied(List<Outcome> outcomes) -> {
          assertThat(outcomes).hasSameSizeAs(changes);
          for (int c = 0; c < outcomes.size(); c++) {
            expect(changes.get(c), outcomes.get(c), step.bulk);
          }
        }
        case Partition.Reply.Refused(ServiceError error, boolean unknown) -> {
          assertThat(error.retryable()).as(error.message()).isTrue();
          // After a failure of the step before, too: it may not have loaded again yet.
          if (unknown) {
            changes.forEach(this::learn);
          } else {
            apply(new Step(changes, step.bulk, Then.NOTHING));
          }
        }
      }
    }
  }

  /// What the model says of a change, and what it makes of it.
  private void expect(DocumentChange change, Outcome outcome, boolean bulk) {
    String id = change.id();
    Document known = model.get(id);
    switch (change) {
      case DocumentChange.Put put -> stored(id, known, Fields.decode(put.fields()), outcome, bulk);
      case DocumentChange.Append a when known != null ->
          stored(id, known, known.fields().plus(a.name(), a.value()), outcome, bulk);
      case DocumentChange.Delete _ when known != null -> {
        assertThat(outcome).isInstanceOf(Outcome.Removed.class);
        model.remove(id);
      }
      case DocumentChange.Append _, DocumentChange.Delete _ ->
          assertThat(outcome)
              .isInstanceOfSatisfying(
                  Outcome.Refused.class,
                  r -> assertThat(r.error()).isInstanceOf(ServiceError.NotFound.class));
    }
  }

  private void stored(String id, Document known, Fields fields, Outcome outcome, boolean bulk) {
    if (known != null && known.fields().equals(fields)) {
      assertThat(outcome).isInstanceOf(Outcome.Same.class);
      return;
    }
    assertThat(outcome).isInstanceOf(Outcome.Stored.class);
    Outcome.Stored stored = (Outcome.Stored) outcome;
    assertThat(stored.created()).isEqualTo(known == null);
    assertThat(stored.content() == null).isEqualTo(bulk);
    // Changes of one save share its version.
    assertThat(stored.version()).isGreaterThanOrEqualTo(highest.getOrDefault(id, 0L));
    highest.put(id, stored.version());
    model.put(id, new Document(id, stored.version(), fields));
  }

  /// Nobody could tell whether a change was applied: the database knows, and nothing else is there
  /// than what the steps before and the changes of this one lead to.
  private void learn(DocumentChange change) {
    String id = change.id();
    Optional<Document> read = ask(() -> node.documents.get(id, soon()));
    if (read.isEmpty()) {
      model.remove(id);
    } else {
      assertThat(read.get().version()).isGreaterThanOrEqualTo(highest.getOrDefault(id, 0L));
      highest.put(id, read.get().version());
      model.put(id, read.get());
    }
  }

  private void agree(String id) {
    Optional<Document> read = ask(() -> node.documents.get(id, soon()));
    assertThat(read).isEqualTo(Optional.ofNullable(model.get(id)));
  }

  private void agree(int step) {
    Match one = new Match(pick(NAMES, step), pick(VALUES, step / 3));
    Match other = new Match(pick(NAMES, step / 2), pick(VALUES, step / 5));
    for (List<Match> filter : List.of(List.<Match>of(), List.of(one), List.of(one, other))) {
      List<String> expected =
          model.values().stream()
              .filter(d -> filter.stream().allMatch(m -> d.fields().contains(m.name(), m.value())))
              .map(Document::id)
              .toList();
      int limit = 1 + step % 4;
      List<String> pages = new ArrayList<>();
      Documents.Found found = find(filter, limit, null);
      while (!found.ids().isEmpty()) {
        assertThat(found.count()).isEqualTo(expected.size());
        pages.addAll(found.ids());
        found = find(filter, limit, pages.getLast());
      }
      assertThat(pages).isEqualTo(expected);
    }
  }

  private Documents.Found find(List<Match> filter, int limit, String after) {
    return ask(() -> node.documents.find(filter, true, limit, after, soon()));
  }

  /// The answer of a partition that may just be loading.
  private static <T> T ask(Supplier<CompletionStage<T>> question) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      try {
        return join(question.get());
      } catch (CompletionException e) {
        boolean loading = e.getCause() instanceof Fault f && f.error().retryable();
        if (!loading || System.nanoTime() > until) {
          throw e;
        }
      }
    }
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }

  private static long soon() {
    return System.currentTimeMillis() + 20_000;
  }

  private static String pick(List<String> from, int i) {
    return from.get(i % from.size());
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<String> id =
        Arbitraries.oneOf(
            Arbitraries.integers().between(0, 9).map(i -> "id" + i),
            Arbitraries.of("\uFF5E", "\uD83D\uDE00", "x".repeat(128)));
    Arbitrary<String> name = Arbitraries.of(NAMES);
    Arbitrary<String> value = Arbitraries.of(VALUES);
    Arbitrary<Map<String, List<String>>> fields =
        Arbitraries.maps(name, value.list().uniqueElements().ofMaxSize(4)).ofMaxSize(4);
    Arbitrary<DocumentChange> change =
        Arbitraries.frequencyOf(
            Tuple.of(
                3,
                Combinators.combine(id, fields)
                    .as(
                        (i, f) ->
                            (DocumentChange)
                                new DocumentChange.Put(i, Fields.of(f).encoded(), null))),
            Tuple.of(
                3,
                Combinators.combine(id, name, value)
                    .as((i, n, v) -> (DocumentChange) new DocumentChange.Append(i, n, v, null))),
            Tuple.of(2, id.map(i -> (DocumentChange) new DocumentChange.Delete(i, null))));
    Arbitrary<Then> then =
        Arbitraries.frequency(
            Tuple.of(16, Then.NOTHING),
            Tuple.of(2, Then.CRASH),
            Tuple.of(2, Then.CRASH_AT_ONCE),
            Tuple.of(1, Then.REOPEN));
    return Combinators.combine(
            change.list().ofMinSize(1).ofMaxSize(8), Arbitraries.of(true, false), then)
        .as(Step::new)
        .list()
        .ofMinSize(20)
        .ofMaxSize(40);
  }
}
