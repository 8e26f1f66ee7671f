package dev.purser.customers;

import static dev.purser.customers.EntityFixture.DOWN;
import static dev.purser.customers.EntityFixture.ID;
import static dev.purser.customers.EntityFixture.readOf;
import static dev.purser.customers.EntityFixture.refusedOf;
import static dev.purser.customers.Samples.profile;
import static dev.purser.customers.Samples.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.cache.Cache;
import dev.purser.customers.Customer.Reply;
import dev.purser.customers.Customer.Source;
import dev.purser.database.Database;
import dev.purser.database.LoadReply;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What a customer makes of the answers of database and cache.
final class CustomerLoadingTest {
  private static final Duration SHORT = Duration.ofMillis(100);
  private EntityFixture on = new EntityFixture();

  @AfterEach
  void close() {
    on.close();
  }

  @Test
  void read_bothAgree_databaseThenMemory() {
    TestProbe<Reply> first = on.read();
    on.loaded(profile(ID, 7));
    Reply.Read read = readOf(first);
    assertThat(read.source()).isEqualTo(Source.DATABASE);
    assertThat(read.version()).isEqualTo(7);
    assertThat(read.stale()).isFalse();
    assertThat(readOf(on.read()).source()).isEqualTo(Source.MEMORY);
    on.cache.expectNoMessage(SHORT);
  }

  @Test
  void read_cacheOlder_databaseWinsAndRepairs() {
    TestProbe<Reply> first = on.read();
    on.expectGet().replyTo().tell(new Cache.Hit(profile(ID, 6)));
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(profile(ID, 7), 0, false));
    assertThat(readOf(first).version()).isEqualTo(7);
    on.cache.expectMessage(new Cache.Repair(profile(ID, 7), 6));
  }

  @Test
  void read_cacheNewer_databaseWinsAndRepairsOnceItHasSaidSoAgain() {
    TestProbe<Reply> first = on.read();
    on.expectGet().replyTo().tell(new Cache.Hit(profile(ID, 9)));
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(profile(ID, 7), 0, false));
    assertThat(readOf(first).version()).isEqualTo(7);
    Database.Load second = on.expectLoad();
    on.cache.expectNoMessage(SHORT);
    second.replyTo().tell(new LoadReply.Loaded(profile(ID, 7), 0, false));
    on.cache.expectMessage(new Cache.Repair(profile(ID, 7), 9));
  }

  @Test
  void read_cacheNewerForAnotherNodeWasFaster_leftAlone() {
    TestProbe<Reply> first = on.read();
    on.expectGet().replyTo().tell(new Cache.Hit(profile(ID, 9)));
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(profile(ID, 7), 0, false));
    readOf(first);
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(profile(ID, 9), 0, false));
    on.cache.expectNoMessage(SHORT);
  }

  @Test
  void read_erasedByAnotherNodeMeanwhile_markLeftAlone() {
    TestProbe<Reply> first = on.read();
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(profile(ID, 7), 0, false));
    readOf(first);
    on.expectGet().replyTo().tell(new Cache.Absent(8));
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(Profile.absent(ID), 8, false));
    on.cache.expectNoMessage(SHORT);
    on.erasures.expectNoMessage(SHORT);
  }

  @Test
  void read_markOfALivingCustomer_repairedOnceItHasSaidSoAgain() {
    TestProbe<Reply> first = on.read();
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(profile(ID, 7), 0, false));
    assertThat(readOf(first).version()).isEqualTo(7);
    on.expectGet().replyTo().tell(new Cache.Absent(8));
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(profile(ID, 7), 0, false));
    on.cache.expectMessage(new Cache.Repair(profile(ID, 7), 8));
  }

  @Test
  void read_cacheMisses_filled() {
    TestProbe<Reply> first = on.read();
    on.expectGet().replyTo().tell(new Cache.Miss());
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(profile(ID, 7), 0, false));
    readOf(first);
    assertThat(on.cache.expectMessageClass(Cache.Put.class).profile().version()).isEqualTo(7);
  }

  @Test
  void read_cacheSilent_unnoticed() {
    TestProbe<Reply> first = on.read();
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(profile(ID, 7), 0, false));
    assertThat(readOf(first).source()).isEqualTo(Source.DATABASE);
  }

  @Test
  void read_absentButCopied_notFoundAndForgotten() {
    TestProbe<Reply> first = on.read();
    on.expectGet().replyTo().tell(new Cache.Hit(profile(ID, 9)));
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(Profile.absent(ID), 3, false));
    assertThat(refusedOf(first).error()).isInstanceOf(ServiceError.NotFound.class);
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(Profile.absent(ID), 3, false));
    on.erasures.expectMessage(new Erasures.Announce(ID, 9));
  }

  @Test
  void read_unknown_notFoundAndLeaves() {
    TestProbe<Reply> first = on.read();
    on.loaded(Profile.absent(ID));
    assertThat(refusedOf(first)).isEqualTo(new Reply.Refused(Aggregate.notFound(ID), false));
    on.shard.expectMessageClass(ClusterSharding.Passivate.class);
    on.customer.tell(new Customer.Stop());
    on.shard.expectTerminated(on.customer);
  }

  @Test
  void load_fasterThanTheFirstMessage_waitsForIt() {
    on.loaded(Profile.absent(ID));
    on.shard.expectNoMessage(SHORT);
    assertThat(refusedOf(on.read()).error()).isInstanceOf(ServiceError.NotFound.class);
    on.shard.expectMessageClass(ClusterSharding.Passivate.class);
  }

  @Test
  void read_databaseDown_staleCopy() {
    TestProbe<Reply> first = on.read();
    on.away(new Cache.Hit(profile(ID, 7)));
    Reply.Read read = readOf(first);
    assertThat(read.stale()).isTrue();
    assertThat(read.source()).isEqualTo(Source.CACHE);
    assertThat(new String(read.json(), StandardCharsets.UTF_8)).contains("\"stale\":true");
  }

  @Test
  void apply_databaseDown_refusedRetryablyThoughCopied() {
    on.away(new Cache.Hit(profile(ID, 7)));
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    Reply.Refused refused = refusedOf(write);
    assertThat(refused.error()).isEqualTo(DOWN);
    assertThat(refused.outcomeUnknown()).isFalse();
    on.database.expectNoMessage(SHORT);
  }

  @Test
  void apply_databaseBack_loadedBeforeItWrites() {
    TestProbe<Reply> first = on.read();
    on.away(new Cache.Hit(profile(ID, 7)));
    readOf(first);
    on.clock.millis += on.settings.reloadMax().toMillis() + 1;
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    assertThat(readOf(on.read()).stale()).as("reads do not wait for the database").isTrue();
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(profile(ID, 8), 0, false));
    Database.Save save = on.expectSave();
    assertThat(save.save().base().version()).isEqualTo(8);
    on.accept(save);
    EntityFixture.appliedOf(write);
  }

  @Test
  void read_databaseDownAgain_staleAndAskedNoSooner() {
    TestProbe<Reply> first = on.read();
    on.away(new Cache.Hit(profile(ID, 7)));
    readOf(first);
    on.clock.millis += on.settings.reloadMax().toMillis() + 1;
    assertThat(readOf(on.read()).stale()).isTrue();
    on.expectLoad().replyTo().tell(new LoadReply.NotLoaded(DOWN));
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    assertThat(refusedOf(write).error()).isEqualTo(DOWN);
    assertThat(readOf(on.read()).stale()).isTrue();
  }

  @Test
  void read_databaseDownNothingCached_refusedNeverNotFound() {
    for (Cache.Reply copy : List.of(new Cache.Miss(), new Cache.Absent(12))) {
      on.close();
      on = new EntityFixture();
      TestProbe<Reply> first = on.read();
      on.away(copy);
      assertThat(refusedOf(first).error()).isEqualTo(DOWN);
      on.shard.expectMessageClass(ClusterSharding.Passivate.class);
      TestProbe<Reply> second = on.read();
      on.loaded(profile(ID, 7));
      assertThat(readOf(second).stale()).isFalse();
    }
  }

  @Test
  void read_bothSilent_refusedAsDatabase() {
    TestProbe<Reply> first = on.read();
    on.expectLoad()
        .replyTo()
        .tell(new LoadReply.NotLoaded(new ServiceError.Timeout("the load has expired")));
    assertThat(refusedOf(first).error().code()).isEqualTo("ERR_DB");
  }

  @Test
  void read_tooManyWaiting_overloaded() {
    on.close();
    on = new EntityFixture("purser.customers.buffer-reads = 2");
    List<TestProbe<Reply>> readers = Stream.generate(on::read).limit(3).toList();
    assertThat(refusedOf(readers.get(2)).error()).isInstanceOf(ServiceError.Overloaded.class);
    on.loaded(profile(ID, 7));
    readOf(readers.get(0));
    readOf(readers.get(1));
  }

  @Test
  void look_loaded_namesItsCustomer() {
    on.loaded(profile(ID, 7));
    TestProbe<Customer.Seen> probe = on.kit.createTestProbe(Customer.Seen.class);
    on.customer.tell(new Customer.Look(ID, on.deadline(), probe.ref()));
    assertThat(probe.receiveMessage().id()).isEqualTo(ID);
  }

  @Test
  void apply_suppressed_conflictForEventsAndNotFoundForTheRest() {
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    TestProbe<Reply> erase = on.apply(new dev.purser.ledger.Erase(false));
    TestProbe<Reply> read = on.read();
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(Profile.absent(ID), 3, true));
    Reply.Applied applied = EntityFixture.appliedOf(write);
    assertThat(error(applied)).isInstanceOf(ServiceError.Conflict.class);
    assertThat(error(EntityFixture.appliedOf(erase))).isInstanceOf(ServiceError.NotFound.class);
    assertThat(refusedOf(read).error()).isInstanceOf(ServiceError.NotFound.class);
    on.database.expectNoMessage(SHORT);
  }

  private static ServiceError error(Reply.Applied applied) {
    return ((Outcome.Refused) applied.outcomes().getFirst()).error();
  }
}
