package dev.purser.customers;

import static dev.purser.customers.NodeFixture.await;
import static dev.purser.customers.NodeFixture.soon;
import static dev.purser.customers.Samples.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.customers.Customer.Reply;
import dev.purser.database.Chore;
import dev.purser.database.Database;
import dev.purser.database.Query;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Outcome;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The erasure of customers with more rows than one unit of work deletes.
final class PurgeTest {
  private final ActorTestKit outside = ActorTestKit.create(Samples.config(""));
  private final AtomicReference<ActorRef<Database.Command>> real = new AtomicReference<>();

  /// The purge that was ordered, which goes no further.
  private final CompletableFuture<Database.Do> held = new CompletableFuture<>();

  @TempDir private Path folder;

  @AfterEach
  void stop() {
    outside.shutdownTestKit();
  }

  private NodeFixture holding() {
    return new NodeFixture(
        folder,
        "",
        database -> {
          real.set(database);
          return outside.spawn(
              Behaviors.<Database.Command>receiveMessage(
                  command -> {
                    if (command instanceof Database.Do order
                        && order.chore() instanceof Chore.Purge) {
                      held.complete(order);
                    } else {
                      database.tell(command);
                    }
                    return Behaviors.same();
                  }));
        });
  }

  private static void fill(NodeFixture node) {
    Change[] purchases =
        IntStream.range(0, 300).mapToObj(i -> purchase("p" + i, 5)).toArray(Change[]::new);
    node.apply("ada", purchases);
  }

  private static CompletableFuture<Reply> erase(NodeFixture node) {
    return node.customers
        .apply("ada", List.of(new Erase(false)), null, false, soon())
        .toCompletableFuture();
  }

  private long stored() throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("purser.db"));
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT count(*) FROM purchases WHERE customer = 'ada'")) {
      return row.getLong(1);
    }
  }

  @Test
  void erasure_ofManyRows_hidesThemAtOnce_andIsAnsweredWhenTheyAreGone() throws Exception {
    try (NodeFixture node = holding()) {
      fill(node);
      CompletableFuture<Reply> erasure = erase(node);
      Database.Do purge = held.get(20, TimeUnit.SECONDS);
      assertThat(stored()).isPositive();
      assertThat(node.read("ada"))
          .isInstanceOfSatisfying(
              Reply.Refused.class,
              r -> assertThat(r.error()).isInstanceOf(ServiceError.NotFound.class));
      assertThat(await(node.customers.answer(new Query.OnePurchase("ada", "p299"), soon())))
          .isEmpty();
      var anew = node.customers.apply("ada", List.of(purchase("p299", 7)), null, false, soon());
      assertThat(erasure).isNotDone();
      real.get().tell(purge);
      Reply.Applied erased = (Reply.Applied) await(erasure);
      assertThat(erased.outcomes()).containsExactly(new Outcome.Erased());
      Reply.Applied made = (Reply.Applied) await(anew);
      assertThat(made.outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(stored()).isEqualTo(1);
    }
  }

  @Test
  void erasure_cutOff_isFinishedAtTheNextStart() throws Exception {
    try (NodeFixture node = holding()) {
      fill(node);
      var _ = erase(node);
      var _ = held.get(20, TimeUnit.SECONDS);
    }
    assertThat(stored()).isPositive();
    try (NodeFixture node = new NodeFixture(folder)) {
      node.kit
          .createTestProbe()
          .awaitAssert(
              Duration.ofSeconds(20),
              () -> {
                assertThat(stored()).isZero();
                return null;
              });
      assertThat(node.apply("ada", purchase("p1", 7)).outcomes()).containsExactly(Outcome.ACCEPTED);
    }
  }
}
