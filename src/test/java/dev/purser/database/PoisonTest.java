package dev.purser.database;

import static dev.purser.database.DatabaseFixture.first;
import static dev.purser.database.DatabaseFixture.loaded;
import static dev.purser.database.DatabaseFixture.notSaved;
import static dev.purser.database.DatabaseFixture.saved;
import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Outcome;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Requests that always fail: each is answered, run no more than twice, and harms nobody else.
@ParameterizedClass
@EnumSource(TestProduct.class)
final class PoisonTest {
  @Parameter TestProduct product;
  @TempDir Path folder;

  private final AtomicInteger runs = new AtomicInteger();
  private volatile Supplier<Throwable> poison = () -> new IllegalStateException("a bug");

  private Store poisoned(Store real) {
    return new WrappedStore(real) {
      @Override
      public List<Result> apply(List<Write> writes) throws SQLException {
        List<Result> results = super.apply(writes);
        for (Write w : writes) {
          if (w instanceof Write.OfCustomer(CustomerSave s, _) && s.customer().equals("poison")) {
            thrown();
          }
        }
        return results;
      }

      @Override
      public Map<String, LoadReply.Loaded> load(List<String> customers) throws SQLException {
        if (customers.contains("poison")) {
          thrown();
        }
        return super.load(customers);
      }

      @Override
      public <T> T answer(Query<T> query) throws SQLException {
        if (query instanceof Query.OneRun) {
          thrown();
        }
        return super.answer(query);
      }
    };
  }

  private void thrown() throws SQLException {
    runs.incrementAndGet();
    sneak(poison.get());
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void sneak(Throwable t) throws E {
    throw (E) t;
  }

  private DatabaseFixture database() {
    return new DatabaseFixture(product, folder, "", this::poisoned, this::poisoned).ready();
  }

  private void poisonAmongNeighbours(DatabaseFixture db) {
    List<TestProbe<SaveReply>> good = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      good.add(db.save(first("a" + i, purchase("1", 5))));
    }
    var bad = db.save(first("poison", purchase("1", 5)));
    for (int i = 0; i < 10; i++) {
      good.add(db.save(first("b" + i, purchase("1", 5))));
    }
    good.forEach(p -> assertThat(saved(p).outcomes()).containsExactly(Outcome.ACCEPTED));
    assertThat(notSaved(bad).error()).isInstanceOf(ServiceError.Internal.class);
    assertThat(runs.get()).isEqualTo(2);
  }

  @Test
  void save_alwaysThrowing_internalErrorAndNeighboursSaved() {
    try (DatabaseFixture db = database()) {
      poisonAmongNeighbours(db);
    }
  }

  @Test
  void save_overflowingTheStack_internalErrorAndNeighboursSaved() {
    poison = StackOverflowError::new;
    try (DatabaseFixture db = database()) {
      poisonAmongNeighbours(db);
      assertThat(db.log.latest()).isEmpty();
    }
  }

  @Test
  void save_refusedByTheStoreItself_toldItsOwnError() {
    ServiceError error = ServiceError.Validation.of("sku", "is too odd");
    poison = () -> new Fault(error);
    try (DatabaseFixture db = database()) {
      assertThat(notSaved(db.save(first("poison", purchase("1", 5)))).error()).isEqualTo(error);
    }
  }

  @Test
  void saves_manyPoisonous_nodeServesOn() {
    try (DatabaseFixture db = database()) {
      for (int i = 0; i < 30; i++) {
        notSaved(db.save(first("poison", purchase("1", 5))));
      }
      saved(db.save(first("a", purchase("1", 5))));
    }
  }

  @Test
  void load_alwaysThrowing_internalErrorAndNeighboursLoaded() {
    poison = StackOverflowError::new;
    try (DatabaseFixture db = database()) {
      var a = db.load("a");
      var bad = db.load("poison");
      var b = db.load("b");
      loaded(a);
      loaded(b);
      LoadReply.NotLoaded refused =
          bad.expectMessageClass(LoadReply.NotLoaded.class, DatabaseFixture.PATIENCE);
      assertThat(refused.error()).isInstanceOf(ServiceError.Internal.class);
      assertThat(runs.get()).isEqualTo(2);
    }
  }

  @Test
  void question_alwaysThrowing_internalErrorAfterTwoRuns() {
    try (DatabaseFixture db = database()) {
      var answer = db.ask(new Query.OneRun("x")).receiveMessage(DatabaseFixture.PATIENCE);
      assertThat(answer)
          .isInstanceOfSatisfying(
              Database.Answer.Failed.class,
              f -> assertThat(f.error()).isInstanceOf(ServiceError.Internal.class));
      assertThat(runs.get()).isEqualTo(2);
    }
  }
}
