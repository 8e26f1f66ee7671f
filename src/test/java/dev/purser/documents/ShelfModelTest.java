package dev.purser.documents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.strings.Hash;
import dev.purser.strings.KeyedHash;
import dev.purser.strings.StringPool;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// Random operations on two shelves of one pool against plain maps; documents, counts, pages and
/// the pool's strings agree after every step.
class ShelfModelTest {
  private static final List<String> NAMES = List.of("", "a", "b", "é");
  private static final List<String> VALUES = List.of("", "a", "1", "2", "\uFF5E", "\uD83D\uDE00");

  /// What is done to one of the two shelves.
  sealed interface Step {
    int shelf();

    String id();

    record Put(int shelf, String id, Map<String, List<String>> fields) implements Step {}

    record Append(int shelf, String id, String name, String value) implements Step {}

    record Remove(int shelf, String id) implements Step {}
  }

  private static final class Model {
    final TreeMap<String, Document> documents = new TreeMap<>(Shelf.ID_ORDER);

    List<String> matching(List<Match> filter) {
      return documents.values().stream()
          .filter(d -> filter.stream().allMatch(m -> d.fields().contains(m.name(), m.value())))
          .map(Document::id)
          .toList();
    }

    Set<String> strings() {
      Set<String> strings = new HashSet<>();
      for (Document document : documents.values()) {
        strings.addAll(document.fields().toMap().keySet());
        document.fields().toMap().values().forEach(strings::addAll);
      }
      return strings;
    }
  }

  @Property(tries = 250, edgeCases = EdgeCasesMode.NONE)
  void steps_ofAnyKind_leaveShelvesPoolAndModelsEqual(
      @ForAll("steps") List<Step> steps, @ForAll boolean colliding) {
    Hash hash = colliding ? (_, _, _) -> 17 : new KeyedHash();
    StringPool pool = new StringPool(new StringPool.Limits(1_000, 100_000), hash);
    List<Shelf> shelves = List.of(new Shelf(pool, hash), new Shelf(pool, hash));
    List<Model> models = List.of(new Model(), new Model());
    long version = 0;
    for (Step step : steps) {
      version++;
      Shelf shelf = shelves.get(step.shelf());
      Model model = models.get(step.shelf());
      apply(step, version, shelf, model);
      assertThat(shelf.get(step.id())).isEqualTo(model.documents.get(step.id()));
      assertThat(shelf.size().documents()).isEqualTo(model.documents.size());
      agree(shelf, model, version);
      Set<String> strings = models.get(0).strings();
      strings.addAll(models.get(1).strings());
      assertThat(pool.strings()).isEqualTo(strings.size());
    }
    for (int i = 0; i < 2; i++) {
      shelves.get(i).close();
    }
    assertThat(pool.strings()).isZero();
  }

  private static void apply(Step step, long version, Shelf shelf, Model model) {
    Document known = model.documents.get(step.id());
    switch (step) {
      case Step.Put(_, String id, Map<String, List<String>> fields) -> {
        assertThat(shelf.put(id, version, Fields.of(fields))).isEqualTo(known == null);
        model.documents.put(id, new Document(id, version, Fields.of(fields)));
      }
      case Step.Append a -> {
        boolean fresh = known != null && !known.fields().contains(a.name(), a.value());
        assertThat(shelf.append(a.id(), version, a.name(), a.value())).isEqualTo(fresh);
        if (fresh) {
          Fields more = known.fields().plus(a.name(), a.value());
          model.documents.put(a.id(), new Document(a.id(), version, more));
        }
      }
      case Step.Remove(_, String id) -> {
        assertThat(shelf.remove(id)).isEqualTo(known != null);
        model.documents.remove(id);
      }
    }
  }

  private static void agree(Shelf shelf, Model model, long step) {
    Match one = new Match(pick(NAMES, step), pick(VALUES, step / 3));
    Match other = new Match(pick(NAMES, step / 2), pick(VALUES, step / 5));
    for (List<Match> filter :
        List.of(List.<Match>of(), List.of(one), List.of(one, other), List.of(one, other, one))) {
      List<String> expected = model.matching(filter);
      assertThat(shelf.count(filter)).isEqualTo(expected.size());
      assertThat(pages(shelf, filter, 1 + (int) (step % 4))).isEqualTo(expected);
    }
  }

  private static List<String> pages(Shelf shelf, List<Match> filter, int limit) {
    List<String> all = new ArrayList<>();
    Page page = shelf.page(filter, limit, null);
    all.addAll(page.ids());
    while (page.more()) {
      assertThat(page.ids()).hasSize(limit);
      page = shelf.page(filter, limit, all.getLast());
      all.addAll(page.ids());
    }
    return all;
  }

  private static String pick(List<String> from, long i) {
    return from.get((int) (i % from.size()));
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Integer> shelf = Arbitraries.integers().between(0, 1);
    Arbitrary<String> id =
        Arbitraries.oneOf(
            Arbitraries.integers().between(0, 9).map(i -> "id" + i),
            Arbitraries.of("a", "\uFF5E", "\uD83D\uDE00", "x".repeat(128)));
    Arbitrary<String> name = Arbitraries.of(NAMES);
    Arbitrary<String> value = Arbitraries.of(VALUES);
    Arbitrary<Map<String, List<String>>> fields =
        Arbitraries.maps(name, value.list().ofMaxSize(4)).ofMaxSize(4);
    return Arbitraries.oneOf(
            Combinators.combine(shelf, id, fields).as((s, i, f) -> (Step) new Step.Put(s, i, f)),
            Combinators.combine(shelf, id, name, value)
                .as((s, i, n, v) -> (Step) new Step.Append(s, i, n, v)),
            Combinators.combine(shelf, id).as((s, i) -> (Step) new Step.Remove(s, i)))
        .list()
        .ofMinSize(20)
        .ofMaxSize(60);
  }
}
