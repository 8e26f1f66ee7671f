package dev.purser.customers;

import static dev.purser.customers.EntityFixture.ID;
import static dev.purser.customers.EntityFixture.appliedOf;
import static dev.purser.customers.EntityFixture.readOf;
import static dev.purser.customers.EntityFixture.refusedOf;
import static dev.purser.customers.Samples.profile;
import static dev.purser.customers.Samples.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.cache.Cache;
import dev.purser.customers.Customer.Reply;
import dev.purser.customers.Customer.Source;
import dev.purser.database.Database;
import dev.purser.database.NodeLease;
import dev.purser.database.SaveReply;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What others may answer in a customer's name, and when no longer.
final class AnswersTest {
  private final EntityFixture on = new EntityFixture();

  @AfterEach
  void close() {
    on.close();
  }

  /// A customer at version 7 whose answer is published.
  private void published() {
    on.loaded(profile(ID, 7));
    readOf(on.read());
    assertThat(on.answers.find(ID)).isNotNull();
  }

  @Test
  void find_afterARead_theAnswerFromMemory() {
    on.loaded(profile(ID, 7));
    readOf(on.read());
    Reply.Read found = on.answers.find(ID);
    assertThat(found).isNotNull();
    assertThat(found.version()).isEqualTo(7);
    assertThat(found.source()).isEqualTo(Source.MEMORY);
  }

  @Test
  void find_onceASaveIsAnswered_neverTheAnswerFromBeforeIt() {
    published();
    TestProbe<Reply> write = on.apply(purchase("p1", 5));
    Database.Save save = on.expectSave();
    assertThat(on.answers.find(ID)).as("what is committed counts").isNotNull();
    on.accept(save);
    appliedOf(write);
    assertThat(on.answers.find(ID)).isNull();
    long version = readOf(on.read()).version();
    assertThat(version).isEqualTo(save.save().nextVersion());
    assertThat(on.answers.find(ID)).isNotNull();
    assertThat(on.answers.find(ID).version()).isEqualTo(version);
  }

  @Test
  void find_erased_null() {
    published();
    TestProbe<Reply> write = on.apply(new Erase(false));
    on.expectSave()
        .replyTo()
        .tell(new SaveReply.Saved(Profile.absent(ID), List.of(new Outcome.Erased())));
    appliedOf(write);
    assertThat(on.answers.find(ID)).isNull();
    refusedOf(on.read());
    assertThat(on.answers.find(ID)).as("absence is not published").isNull();
  }

  @Test
  void find_movedByAnotherOwner_nullBeforeItIsLoadedAnew() {
    published();
    on.apply(purchase("p1", 5));
    on.expectSave().replyTo().tell(new SaveReply.Moved());
    on.expectLoad();
    assertThat(on.answers.find(ID)).isNull();
  }

  @Test
  void find_staleCopy_null() {
    on.away(new Cache.Hit(profile(ID, 7)));
    assertThat(readOf(on.read()).stale()).isTrue();
    assertThat(readOf(on.read()).stale()).isTrue();
    assertThat(on.answers.find(ID)).isNull();
  }

  @Test
  void find_leftOrRestarted_null() {
    published();
    readOf(on.read()); // whatever it did after the load is over: the next look at the clock fails
    on.clock.breakDown(1);
    refusedOf(on.apply(purchase("p1", 5)));
    assertThat(on.answers.find(ID)).as("restarted").isNull();
    published();
    on.customer.tell(new Customer.Stop());
    on.kit.createTestProbe().expectTerminated(on.customer);
    assertThat(on.answers.find(ID)).as("left").isNull();
  }

  @Test
  void find_longAfterItWasPublished_nullSoThatTheCustomerIsAsked() {
    AtomicLong nanos = new AtomicLong();
    Answers answers = new Answers(Duration.ofSeconds(30), nanos::get, NodeLease.unshared());
    answers.publish(new Reply.Read(ID, 7, false, Source.MEMORY, new byte[0]));
    nanos.set(Duration.ofSeconds(30).toNanos() - 1);
    assertThat(answers.find(ID)).isNotNull();
    nanos.incrementAndGet();
    assertThat(answers.find(ID)).isNull();
  }
}
