package dev.purser.database;

import static dev.purser.database.DatabaseFixture.PATIENCE;
import static dev.purser.database.DatabaseFixture.first;
import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.database.Database.Lane;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.RetryBudget;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import dev.purser.ledger.Outcome;
import dev.purser.slots.Session;
import java.nio.file.Path;
import java.time.InstantSource;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The writing side with the test in the place of its session, on a real file.
final class WriterTest {
  private static final ServiceError LOST =
      new ServiceError.Database(DatabaseCause.UNREACHABLE, "its connection was closed");

  private final ActorTestKit kit = ActorTestKit.create(DatabaseFixture.config(""));

  @TempDir private Path folder;

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  private Writer writer() {
    InstantSource clock = InstantSource.system();
    DatabaseSettings settings = DatabaseFixture.settings(DatabaseFixture.config(""));
    // One whose commits sync themselves.
    Product product =
        WrappedProduct.elastic(folder.resolve("purser.db"), TestStore.SETTINGS, s -> s, s -> s);
    Shared shared =
        new Shared(
            settings,
            product,
            clock,
            new SupervisionLog(50, clock),
            new RetryBudget(1, 1, 10, clock),
            new DatabaseMetrics());
    return new Writer(shared, () -> false, _ -> {}, _ -> {});
  }

  /// The session committed, and died before it could say so.
  @Test
  void session_lostAfterItsCommitReturned_isNotTakenForNotApplied() throws Exception {
    Writer writer = writer();
    TestProbe<Session.Command<Store>> session = kit.createTestProbe();
    TestProbe<SaveReply> caller = kit.createTestProbe();
    try (TestStore store = new TestStore(folder)) {
      writer.ready(0, session.ref());
      writer.add(
          PendingWrite.of(
              new Database.Save(
                  first("ada", purchase("p1", 5)),
                  Lane.INTERACTIVE,
                  DatabaseFixture.in(PATIENCE),
                  caller.ref()),
              System.nanoTime()));
      writer.dispatch();
      var run = (Session.Run<Store>) session.receiveMessage(PATIENCE);
      run.work().run(store.store, () -> false);
      assertThat(store.profile("ada").stored()).isTrue();
      writer.lost(0, LOST);
      SaveReply.Saved reply = caller.expectMessageClass(SaveReply.Saved.class, PATIENCE);
      assertThat(reply.outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(writer.isDone()).isTrue();
    }
  }
}
