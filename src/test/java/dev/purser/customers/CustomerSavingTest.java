package dev.purser.customers;

import static dev.purser.customers.EntityFixture.DOWN;
import static dev.purser.customers.EntityFixture.ID;
import static dev.purser.customers.EntityFixture.appliedOf;
import static dev.purser.customers.EntityFixture.readOf;
import static dev.purser.customers.EntityFixture.refusedOf;
import static dev.purser.customers.Samples.preferences;
import static dev.purser.customers.Samples.profile;
import static dev.purser.customers.Samples.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.cache.Cache;
import dev.purser.customers.Customer.Condition;
import dev.purser.customers.Customer.Reply;
import dev.purser.customers.Customer.Source;
import dev.purser.database.Database;
import dev.purser.database.LoadReply;
import dev.purser.database.SaveReply;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Settle;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// How a customer writes: one save in flight, and everything that can become of it.
final class CustomerSavingTest {
  private static final Duration SHORT = Duration.ofMillis(100);
  private EntityFixture on = new EntityFixture();

  @AfterEach
  void close() {
    on.close();
  }

  private void with(String overrides) {
    on.close();
    on = new EntityFixture(overrides);
  }

  @Test
  void apply_new_createdAndCached() {
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    on.loaded(Profile.absent(ID));
    Database.Save save = on.expectSave();
    assertThat(save.save().base().stored()).isFalse();
    assertThat(save.lane()).isEqualTo(Database.Lane.INTERACTIVE);
    Profile after = on.accept(save);
    Reply.Applied applied = appliedOf(write);
    assertThat(applied.created()).isTrue();
    assertThat(applied.profile()).isEqualTo(after);
    assertThat(on.ended)
        .as("whoever follows is told before callers are")
        .containsExactly(
            new EntityFixture.Ended(
                save.save(), new SaveReply.Saved(after, List.of(Outcome.ACCEPTED))));
    assertThat(on.cache.expectMessageClass(Cache.Put.class).profile()).isEqualTo(after);
    assertThat(readOf(on.read()).source()).isEqualTo(Source.MEMORY);
    on.shard.expectNoMessage(SHORT);
  }

  @Test
  void apply_whileSaving_sharesTheNextSaveAndSplitsOutcomes() {
    TestProbe<Reply> first = on.apply(purchase("p1", 5));
    on.loaded(profile(ID, 7));
    Database.Save save = on.expectSave();
    TestProbe<Reply> second = on.apply(purchase("p2", 5), purchase("p3", 5));
    TestProbe<Reply> third = on.apply(purchase("p1", 5));
    assertThat(readOf(on.read()).version()).as("reads see what is committed").isEqualTo(7);
    on.accept(save);
    appliedOf(first);
    Database.Save next = on.expectSave();
    assertThat(next.save().changes())
        .containsExactly(purchase("p2", 5), purchase("p3", 5), purchase("p1", 5));
    assertThat(next.save().base().version()).isEqualTo(save.save().nextVersion());
    Outcome refused = new Outcome.Refused(new ServiceError.Conflict("other content"));
    next.replyTo()
        .tell(
            new SaveReply.Saved(
                profile(ID, next.save().nextVersion()),
                List.of(Outcome.ACCEPTED, refused, Outcome.DUPLICATE)));
    assertThat(appliedOf(second).outcomes()).containsExactly(Outcome.ACCEPTED, refused);
    assertThat(appliedOf(third).outcomes()).containsExactly(Outcome.DUPLICATE);
  }

  @Test
  void apply_manyMakeOneCustomer_createdToldOnce() {
    TestProbe<Reply> refused = on.apply(purchase("p1", 5));
    TestProbe<Reply> creator = on.apply(purchase("p2", 5));
    TestProbe<Reply> later = on.apply(purchase("p3", 5));
    on.loaded(Profile.absent(ID));
    Database.Save save = on.expectSave();
    Outcome no = new Outcome.Refused(new ServiceError.NotFound("no such purchase"));
    save.replyTo()
        .tell(new SaveReply.Saved(profile(ID, 9), List.of(no, Outcome.ACCEPTED, Outcome.ACCEPTED)));
    assertThat(appliedOf(refused).created()).isFalse();
    assertThat(appliedOf(creator).created()).isTrue();
    assertThat(appliedOf(later).created()).isFalse();
  }

  @Test
  void apply_allDuplicates_nothingPutAndAnswerKept() {
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    on.loaded(profile(ID, 7));
    on.expectSave().replyTo().tell(new SaveReply.Saved(profile(ID, 7), List.of(Outcome.DUPLICATE)));
    assertThat(appliedOf(write).profile().version()).isEqualTo(7);
    on.cache.expectNoMessage(SHORT);
  }

  @Test
  void apply_bulkOnly_bulkLane() {
    on.loaded(profile(ID, 7));
    TestProbe<Reply> probe = on.kit.createTestProbe(Reply.class);
    on.customer.tell(
        new Customer.Apply(List.of(purchase("p1", 5)), null, true, on.deadline(), probe.ref()));
    Database.Save save = on.expectSave();
    assertThat(save.lane()).isEqualTo(Database.Lane.BULK);
    assertThat(save.deadlineMillis()).isEqualTo(on.deadline());
  }

  @Test
  void apply_condition_judgedAgainstTheVersionAtItsSave() {
    TestProbe<Reply> first = on.apply(purchase("p1", 5));
    on.loaded(profile(ID, 7));
    Database.Save save = on.expectSave();
    TestProbe<Reply> second = on.apply(purchase("p2", 5));
    TestProbe<Reply> old =
        on.apply(new Condition.VersionIs(List.of(7L)), on.deadline(), preferences("a", "1"));
    long next = save.save().nextVersion();
    TestProbe<Reply> same =
        on.apply(
            new Condition.VersionIs(List.of(3L, next + 1)), on.deadline(), preferences("a", "2"));
    TestProbe<Reply> absent =
        on.apply(new Condition.Absent(), on.deadline(), preferences("a", "3"));
    on.accept(save);
    appliedOf(first);
    Database.Save two = on.expectSave();
    assertThat(two.save().changes()).containsExactly(purchase("p2", 5));
    assertThat(two.save().nextVersion()).isEqualTo(next + 1);
    on.accept(two);
    appliedOf(second);
    assertThat(refusedOf(old).error()).isInstanceOf(ServiceError.Precondition.class);
    Database.Save three = on.expectSave();
    assertThat(three.save().changes()).containsExactly(preferences("a", "2"));
    on.accept(three);
    appliedOf(same);
    assertThat(refusedOf(absent).error()).isInstanceOf(ServiceError.Precondition.class);
  }

  @Test
  void apply_conditionPresentButAbsent_refusedAndLeaves() {
    TestProbe<Reply> write =
        on.apply(new Condition.Present(), on.deadline(), preferences("a", "1"));
    on.loaded(Profile.absent(ID));
    assertThat(refusedOf(write).error()).isInstanceOf(ServiceError.Precondition.class);
    on.shard.expectMessageClass(ClusterSharding.Passivate.class);
  }

  @Test
  void apply_settleAndErase_endTheirSaves() {
    TestProbe<Reply> first = on.apply(purchase("p1", 5));
    on.loaded(profile(ID, 7));
    Database.Save save = on.expectSave();
    on.apply(purchase("p2", 5));
    on.apply(new Settle("s"));
    on.apply(purchase("p3", 5));
    on.apply(new Erase(false));
    on.apply(purchase("p4", 5));
    on.accept(save);
    appliedOf(first);
    List<List<? extends dev.purser.ledger.Change>> expected =
        List.of(
            List.of(purchase("p2", 5), new Settle("s")),
            List.of(purchase("p3", 5)),
            List.of(new Erase(false)),
            List.of(purchase("p4", 5)));
    for (var changes : expected) {
      Database.Save next = on.expectSave();
      assertThat(next.save().changes()).isEqualTo(changes);
      on.accept(next);
    }
  }

  @Test
  void apply_misplacedSettleOrTooMany_refusedAlone() {
    with("purser.customers { save-changes = 2, buffer-changes = 10 }");
    on.loaded(profile(ID, 7));
    assertThat(refusedOf(on.apply(new Settle("s"), purchase("p1", 5))).error())
        .isInstanceOf(ServiceError.Internal.class);
    assertThat(refusedOf(on.apply()).error()).isInstanceOf(ServiceError.Internal.class);
    assertThat(refusedOf(on.apply(purchase("p1", 5), purchase("p2", 5), purchase("p3", 5))).error())
        .isInstanceOf(ServiceError.Internal.class);
    readOf(on.read());
  }

  @Test
  void apply_bufferFull_overloadedAtOnce() {
    with("purser.customers { save-changes = 2, buffer-changes = 2 }");
    on.loaded(profile(ID, 7));
    on.apply(purchase("p1", 5));
    Database.Save save = on.expectSave();
    TestProbe<Reply> second = on.apply(purchase("p2", 5), purchase("p3", 5));
    TestProbe<Reply> third = on.apply(purchase("p4", 5));
    assertThat(refusedOf(third).error()).isInstanceOf(ServiceError.Overloaded.class);
    assertThat(third.getRef()).isNotNull();
    on.accept(save);
    on.accept(on.expectSave());
    assertThat(appliedOf(second).outcomes()).hasSize(2);
  }

  @Test
  void apply_bufferBytesFull_overloadedAtOnce() {
    with("purser.customers { buffer-bytes = 64 KiB }");
    on.loaded(profile(ID, 7));
    on.apply(purchase("p1", 5));
    on.expectSave();
    String large = "x".repeat(20_000);
    on.apply(preferences("a", large));
    TestProbe<Reply> third = on.apply(preferences("b", large));
    assertThat(refusedOf(third).error()).isInstanceOf(ServiceError.Overloaded.class);
  }

  @Test
  void apply_expiredBeforeItsSave_refusedUnexecuted() {
    on.loaded(profile(ID, 7));
    TestProbe<Reply> first = on.apply(purchase("p1", 5));
    Database.Save save = on.expectSave();
    TestProbe<Reply> second = on.apply(null, on.clock.millis + 5, purchase("p2", 5));
    TestProbe<Reply> third = on.apply(purchase("p3", 5));
    on.clock.millis += 6;
    on.accept(save);
    appliedOf(first);
    Reply.Refused refused = refusedOf(second);
    assertThat(refused.error()).isInstanceOf(ServiceError.Timeout.class);
    assertThat(refused.outcomeUnknown()).isFalse();
    Database.Save next = on.expectSave();
    assertThat(next.save().changes()).containsExactly(purchase("p3", 5));
    on.accept(next);
    appliedOf(third);
  }

  @Test
  void apply_moved_loadedAndDecidedAgain() {
    on.loaded(profile(ID, 7));
    TestProbe<Reply> write =
        on.apply(new Condition.VersionIs(List.of(7L)), on.deadline(), preferences("a", "1"));
    TestProbe<Reply> free = on.apply(purchase("p1", 5));
    Database.Save save = on.expectSave();
    save.replyTo().tell(new SaveReply.Moved());
    TestProbe<Reply> read = on.read();
    on.expectLoad().replyTo().tell(new LoadReply.Loaded(profile(ID, 8), 0, false));
    assertThat(readOf(read).version()).isEqualTo(8);
    assertThat(refusedOf(write).error()).isInstanceOf(ServiceError.Precondition.class);
    Database.Save again = on.expectSave();
    assertThat(again.save().base().version()).isEqualTo(8);
    assertThat(again.save().changeId()).isNotEqualTo(save.save().changeId());
    on.accept(again);
    appliedOf(free);
  }

  @Test
  void apply_movedAgainAndAgain_refusedRetryably() {
    with("purser.customers.moved-limit = 2");
    on.loaded(profile(ID, 7));
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    for (int i = 0; i <= 2; i++) {
      on.expectSave().replyTo().tell(new SaveReply.Moved());
      on.expectLoad().replyTo().tell(new LoadReply.Loaded(profile(ID, 8 + i), 0, false));
    }
    Reply.Refused refused = refusedOf(write);
    assertThat(refused.error().retryable()).isTrue();
    assertThat(refused.outcomeUnknown()).isFalse();
    assertThat(readOf(on.read()).version()).isEqualTo(10);
  }

  @Test
  void apply_notSaved_refusedAndStateKept() {
    on.loaded(profile(ID, 7));
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    Database.Save save = on.expectSave();
    TestProbe<Reply> second = on.apply(purchase("p2", 5));
    save.replyTo().tell(new SaveReply.NotSaved(DOWN));
    assertThat(refusedOf(write)).isEqualTo(new Reply.Refused(DOWN, false));
    assertThat(readOf(on.read()).version()).isEqualTo(7);
    on.accept(on.expectSave());
    appliedOf(second);
  }

  @Test
  void apply_outcomeOverdue_nothingSavedUntilTheDatabaseHasSettled() {
    on.loaded(profile(ID, 7));
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    on.expectSave();
    TestProbe<Reply> early = on.apply(purchase("p2", 5));
    on.database.expectNoMessage(SHORT);
    on.clock.millis += 10_000 + on.settings.settling().toMillis() + 1;
    TestProbe<Reply> asking = on.apply(purchase("p3", 5));
    Database.Load load = on.expectLoad();
    assertThat(readOf(on.read()).version()).isEqualTo(7);
    on.database.expectNoMessage(SHORT);
    load.replyTo().tell(new LoadReply.Loaded(profile(ID, 8), 0, false));
    assertThat(refusedOf(write).outcomeUnknown()).isTrue();
    assertThat(refusedOf(early).outcomeUnknown()).as("expired meanwhile").isFalse();
    Database.Save next = on.expectSave();
    assertThat(next.save().base().version()).isEqualTo(8);
    on.accept(next);
    appliedOf(asking);
  }

  @Test
  void apply_outcomeOverdueThenTold_toldTruly() {
    on.loaded(profile(ID, 7));
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    Database.Save save = on.expectSave();
    on.clock.millis += 10_000 + on.settings.settling().toMillis() + 1;
    TestProbe<Reply> second = on.apply(purchase("p2", 5));
    Database.Load load = on.expectLoad();
    Profile after = on.accept(save);
    assertThat(appliedOf(write).profile()).isEqualTo(after);
    load.replyTo().tell(new LoadReply.Loaded(after, 0, false));
    on.accept(on.expectSave());
    appliedOf(second);
  }

  @Test
  void erase_stored_announcedAndLeaves() {
    on.loaded(profile(ID, 7));
    TestProbe<Reply> write = on.apply(new Erase(true));
    TestProbe<Reply> next = on.apply(purchase("p1", 5));
    Database.Save save = on.expectSave();
    save.replyTo().tell(new SaveReply.Saved(Profile.absent(ID), List.of(new Outcome.Erased())));
    assertThat(appliedOf(write).profile().stored()).isFalse();
    on.erasures.expectMessage(new Erasures.Announce(ID, save.save().nextVersion()));
    assertThat(appliedOf(next).outcomes().getFirst())
        .as("the id is suppressed from now on")
        .isInstanceOf(Outcome.Refused.class);
    on.shard.expectMessageClass(ClusterSharding.Passivate.class);
    assertThat(refusedOf(on.read()).error()).isInstanceOf(ServiceError.NotFound.class);
  }

  @Test
  void erase_thenBought_versionAboveTheErased() {
    on.loaded(profile(ID, on.clock.millis + 1_000_000));
    on.apply(new Erase(false));
    Database.Save save = on.expectSave();
    TestProbe<Reply> next = on.apply(purchase("p1", 5));
    save.replyTo().tell(new SaveReply.Saved(Profile.absent(ID), List.of(new Outcome.Erased())));
    Database.Save anew = on.expectSave();
    assertThat(anew.save().base().stored()).isFalse();
    assertThat(anew.save().nextVersion()).isGreaterThan(save.save().nextVersion());
    on.accept(anew);
    assertThat(appliedOf(next).created()).isTrue();
  }

  @Test
  void stop_whileSaving_finishesSaveAndBuffer() {
    on.loaded(profile(ID, 7));
    TestProbe<Reply> first = on.apply(purchase("p1", 5));
    Database.Save save = on.expectSave();
    TestProbe<Reply> second = on.apply(purchase("p2", 5));
    on.customer.tell(new Customer.Stop());
    on.accept(save);
    appliedOf(first);
    on.accept(on.expectSave());
    appliedOf(second);
    on.shard.expectTerminated(on.customer);
  }

  @Test
  void stop_whileLoading_finishesWhatWaits() {
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    on.customer.tell(new Customer.Stop());
    on.loaded(profile(ID, 7));
    on.accept(on.expectSave());
    appliedOf(write);
    on.shard.expectTerminated(on.customer);
  }

  @Test
  void stop_whileLoadingInVain_refusesAndLeaves() {
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    on.customer.tell(new Customer.Stop());
    on.away(new Cache.Miss());
    assertThat(refusedOf(write).error()).isEqualTo(DOWN);
    on.shard.expectTerminated(on.customer);
  }

  @Test
  void failure_whileASaveIsAnswered_toldBeforeAndTheRestRetryably() {
    on.loaded(profile(ID, 7));
    TestProbe<Reply> first = on.apply(purchase("p1", 5));
    Database.Save save = on.expectSave();
    TestProbe<Reply> second = on.apply(purchase("p2", 5));
    readOf(on.read());
    on.clock.breakDown(1);
    on.accept(save); // what it does next needs the clock
    appliedOf(first);
    assertThat(refusedOf(second)).isEqualTo(new Reply.Refused(Refusals.RESTARTING, false));
    on.expectLoad();
  }

  @Test
  void failure_withASaveInFlight_unknownForItAndRetryableForTheRest() {
    on.loaded(profile(ID, 7));
    TestProbe<Reply> first = on.apply(purchase("p1", 5));
    Database.Save save = on.expectSave();
    on.clock.breakDown(1);
    TestProbe<Reply> second = on.apply(purchase("p2", 5));
    assertThat(refusedOf(first)).isEqualTo(new Reply.Refused(Refusals.UNKNOWN, true));
    assertThat(on.ended).containsExactly(new EntityFixture.Ended(save.save(), null));
    assertThat(refusedOf(second)).isEqualTo(new Reply.Refused(Refusals.RESTARTING, false));
    TestProbe<Reply> read = on.read();
    Database.Load load = on.expectLoad();
    Profile after = on.accept(save);
    load.replyTo().tell(new LoadReply.Loaded(after, 0, false));
    assertThat(readOf(read).version()).as("the predecessor's save").isEqualTo(after.version());
  }

  @Test
  void failure_tooOften_stoppedAndStillAnswered() {
    on.loaded(profile(ID, 7));
    readOf(on.read());
    readOf(on.read()); // after the first, the load has been dealt with
    on.clock.breakDown(10);
    assertThat(refusedOf(on.apply(purchase("p1", 5))).error()).isEqualTo(Refusals.RESTARTING);
    on.shard.expectTerminated(on.customer);
  }
}
