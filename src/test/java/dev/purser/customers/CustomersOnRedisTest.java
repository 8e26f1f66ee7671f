package dev.purser.customers;

import static dev.purser.customers.NodeFixture.await;
import static dev.purser.customers.NodeFixture.soon;
import static dev.purser.customers.Samples.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.cache.Cache;
import dev.purser.customers.Customer.Reply;
import dev.purser.customers.Customer.Source;
import dev.purser.database.Database;
import dev.purser.database.Query;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Profile;
import dev.purser.testing.RedisServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Customers behind their door, on SQLite and a Redis that fails: readers notice nothing, and what
/// was erased stays erased.
final class CustomersOnRedisTest {
  /// Twice as many as stay in memory, so that half of the reads load, and ask Redis.
  private static final int CUSTOMERS = 200;

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;
  private RedisServer server;
  private NodeFixture node;
  private final Map<String, Profile> acknowledged = new ConcurrentHashMap<>();
  private int purchases;

  @BeforeEach
  void open() {
    server = RedisServer.start();
    node = node();
    // The database is open once it knows that somebody is unknown.
    awaitTrue(
        () ->
            node.read("nobody") instanceof Reply.Refused refused
                && refused.error() instanceof ServiceError.NotFound,
        () -> {});
    writeAll();
  }

  @AfterEach
  void close() {
    node.close();
    server.close();
  }

  private NodeFixture node() {
    String overrides =
        """
        purser.cache.url = "%s"
        purser.cache.redis { command-timeout = 100 ms, silence = 1 s, backoff-cap = 200 ms }
        purser.cache.redis.breaker { pause-first = 50 ms, pause-cap = 200 ms }
        purser.customers { active-limit = 100, load-timeout = 500 ms, cache-timeout = 10 s }
        purser.customers.erasures.interval = 1 s
        """
            .formatted(server.url());
    return new NodeFixture(folder, overrides, database -> database);
  }

  private static String id(int i) {
    return "c" + i;
  }

  /// One more purchase for everybody.
  private void writeAll() {
    String purchase = "p" + purchases++;
    List<CompletionStage<Reply>> replies = new ArrayList<>();
    for (int i = 0; i < CUSTOMERS; i++) {
      replies.add(
          node.customers.apply(id(i), List.of(purchase(purchase, 100 + i)), null, false, soon()));
    }
    for (CompletionStage<Reply> reply : replies) {
      Profile profile = ((Reply.Applied) await(reply)).profile();
      acknowledged.put(profile.id(), profile);
    }
  }

  /// Everybody is read as they were acknowledged, and not stale.
  private void assertAllRead() {
    List<CompletionStage<Reply>> replies = new ArrayList<>();
    for (int i = 0; i < CUSTOMERS; i++) {
      replies.add(node.customers.read(id(i), soon()));
    }
    for (int i = 0; i < CUSTOMERS; i++) {
      Reply.Read read = (Reply.Read) await(replies.get(i));
      assertThat(read.stale()).isFalse();
      assertThat(read.json()).isEqualTo(ProfileJson.encode(acknowledged.get(id(i)), false));
    }
  }

  /// Reads and writes while `fault` is there, and after `end`.
  private void assertUnnoticed(Runnable fault, Runnable end) {
    assertAllRead();
    fault.run();
    for (int round = 0; round < 3; round++) {
      assertAllRead();
      writeAll();
    }
    end.run();
    for (int round = 0; round < 3; round++) {
      writeAll();
      assertAllRead();
    }
    assertCopiesRight();
  }

  /// With the database away every copy that there is, is the one acknowledged.
  private void assertCopiesRight() {
    awaitTrue(this::allCopied, this::writeAll);
    reopen("c1");
    pause();
    List<CompletionStage<Reply>> replies = new ArrayList<>();
    for (int i = 0; i < CUSTOMERS; i++) {
      replies.add(node.customers.read(id(i), soon()));
    }
    for (int i = 0; i < CUSTOMERS; i++) {
      Reply.Read read = (Reply.Read) await(replies.get(i));
      assertThat(read.stale()).isTrue();
      assertThat(read.source()).isEqualTo(Source.CACHE);
      assertThat(read.json()).isEqualTo(ProfileJson.encode(acknowledged.get(id(i)), true));
    }
  }

  private boolean allCopied() {
    TestProbe<Cache.Reply> replies = node.kit.createTestProbe();
    acknowledged.keySet().forEach(id -> node.cache.tell(new Cache.Get(id, replies.ref())));
    return replies.receiveSeveralMessages(CUSTOMERS).stream()
        .allMatch(r -> r instanceof Cache.Hit(var p) && p.equals(acknowledged.get(p.id())));
  }

  private void pause() {
    TestProbe<Done> done = node.kit.createTestProbe();
    node.database.tell(new Database.Pause(done.ref()));
    done.receiveMessage();
  }

  /// The node starts anew, remembers nobody, and has found its Redis: it has an entry of `known`.
  private void reopen(String known) {
    node.close();
    node = node();
    TestProbe<Cache.Reply> replies = node.kit.createTestProbe();
    awaitTrue(
        () -> {
          node.cache.tell(new Cache.Get(known, replies.ref()));
          return !(replies.receiveMessage() instanceof Cache.Miss);
        },
        () -> {});
  }

  private void awaitTrue(java.util.function.BooleanSupplier condition, Runnable meanwhile) {
    node.kit
        .<Void>createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              meanwhile.run();
              assertThat(condition.getAsBoolean()).isTrue();
              return null;
            });
  }

  @Test
  void redis_killed_nobodyNotices() {
    assertUnnoticed(server::kill, server::restart);
  }

  @Test
  void redis_stalled_nobodyNotices() {
    assertUnnoticed(server::stall, server::resume);
  }

  @Test
  void redis_emptied_nobodyNotices() {
    assertUnnoticed(server::flushAll, () -> {});
  }

  @Test
  void redis_holdingRubbish_nobodyNotices() {
    byte[] rubbish = new byte[40];
    rubbish[0] = 1;
    rubbish[1] = 0x7f; // a version above all others
    assertUnnoticed(() -> server.plantEverywhere(rubbish), () -> {});
  }

  @Test
  void redis_holdingAnOlderFormat_nobodyNotices() {
    byte[] older = new byte[60];
    assertUnnoticed(() -> server.plantEverywhere(older), () -> {});
  }

  /// The outbox keeps the erasure until Redis has confirmed it, and the copy of before, which was
  /// saved to disk, does not come back with the server.
  @Test
  void erase_redisDown_confirmedOnceItIsBackAndNothingReturns() {
    awaitTrue(this::allCopied, this::writeAll);
    server.save();
    server.kill();
    node.apply("c7", new Erase(false));
    Query<List<Query.Erasure>> pending = new Query.PendingErasures(1_000);
    assertThat(await(node.customers.answer(pending, soon())))
        .extracting(Query.Erasure::customer)
        .containsExactly("c7");
    assertThat(((Reply.Refused) node.read("c7")).error()).isInstanceOf(ServiceError.NotFound.class);
    server.restart();
    awaitTrue(() -> await(node.customers.answer(pending, soon())).isEmpty(), () -> {});
    awaitTrue(
        () -> server.keys("purser:").stream().filter(k -> k.endsWith(":c7")).count() == 1,
        () -> {});
    reopen("c7");
    pause();
    Reply.Refused refused = (Reply.Refused) node.read("c7");
    assertThat(refused.error().retryable()).as("the database is away, nobody knows").isTrue();
  }

  @Test
  void erase_redisStalled_confirmedOnceItGoesOn() {
    awaitTrue(this::allCopied, this::writeAll);
    server.stall();
    node.apply("c8", new Erase(false));
    Query<List<Query.Erasure>> pending = new Query.PendingErasures(1_000);
    assertThat(await(node.customers.answer(pending, soon())))
        .extracting(Query.Erasure::customer)
        .containsExactly("c8");
    server.resume();
    awaitTrue(() -> await(node.customers.answer(pending, soon())).isEmpty(), () -> {});
    reopen("c9");
    pause();
    assertThat(node.read("c8")).isInstanceOf(Reply.Refused.class);
    assertThat(node.read("c9")).as("others are read").isInstanceOf(Reply.Read.class);
  }
}
