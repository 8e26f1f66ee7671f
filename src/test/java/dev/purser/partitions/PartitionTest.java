package dev.purser.partitions;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.database.Database;
import dev.purser.database.Database.Answer;
import dev.purser.database.NodeLease;
import dev.purser.database.Query;
import dev.purser.database.RecordReply;
import dev.purser.database.RecordReply.Fate;
import dev.purser.database.RecordSave;
import dev.purser.database.StoredRecord;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.ServiceError;
import dev.purser.partitions.Notes.Append;
import dev.purser.partitions.Notes.Apply;
import dev.purser.partitions.Notes.Delete;
import dev.purser.partitions.Notes.Edit;
import dev.purser.partitions.Notes.Get;
import dev.purser.partitions.Notes.Told;
import dev.purser.partitions.Notes.Write;
import dev.purser.partitions.Partition.Reply;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// One partition with a probe as its database: loading, saves, moved records, failures.
final class PartitionTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          ConfigFactory.parseString(
                  """
                  pekko.actor.serialize-messages = on
                  pekko.actor.allow-java-serialization = off
                  pekko.actor.serialization-bindings { "dev.purser.cluster.Wire" = jackson-cbor }
                  pekko.log-dead-letters = off
                  """)
              .withFallback(ConfigFactory.load()));

  private final Notes notes = new Notes();
  private TestProbe<Database.Command> database;
  private ActorRef<Partition.Command> partition;

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  static PartitionSettings settings(String overrides) {
    Config config =
        ConfigFactory.parseString(overrides)
            .withFallback(ConfigFactory.parseFile(new File("conf/documents.conf")));
    Keys keys = new Keys(config.getConfig("purser"));
    PartitionSettings settings = PartitionSettings.read(keys.at("documents").at("partitions"));
    assertThat(keys.reasons()).isEmpty();
    return settings;
  }

  @BeforeEach
  void spawn() {
    spawn("");
  }

  private void spawn(String overrides) {
    database = KIT.createTestProbe();
    PartitionSettings settings =
        settings(
            overrides + "\npurser.documents.partitions { retry-min = 1 ms, retry-max = 5 ms }");
    partition =
        KIT.spawn(
            Partition.create(
                0,
                new Partition.Setup<>(
                    notes,
                    new Slices(1),
                    settings,
                    database.ref(),
                    InstantSource.system(),
                    new PartitionMetrics("notes"),
                    NodeLease.unshared())));
  }

  /// Answers the partition's loading with `records`.
  private void load(StoredRecord... records) {
    page(0, records);
    if (records.length > 0) {
      page(0);
    }
    awaitLoaded();
  }

  private void awaitLoaded() {
    TestProbe<Partition.Awake> awake = KIT.createTestProbe();
    partition.tell(new Partition.Wake(awake.ref()));
    var _ = awake.receiveMessage(PATIENCE);
  }

  private void page(long floor, StoredRecord... records) {
    Database.Ask<Query.RecordPage> ask = asked();
    ask.replyTo().tell(new Answer.Found<>(new Query.RecordPage(floor, List.of(records))));
  }

  @SuppressWarnings("unchecked")
  private <T> Database.Ask<T> asked() {
    return (Database.Ask<T>) database.expectMessageClass(Database.Ask.class, PATIENCE);
  }

  private Database.SaveRecords saving() {
    return database.expectMessageClass(Database.SaveRecords.class, PATIENCE);
  }

  private static void saved(Database.SaveRecords save) {
    List<Fate> fates = Collections.nCopies(save.save().changes().size(), Fate.SAVED);
    save.replyTo().tell(new RecordReply.Saved(fates));
  }

  private static StoredRecord record(String id, long version, String text) {
    return new StoredRecord(Slices.slice(id), id, version, text.getBytes(StandardCharsets.UTF_8));
  }

  private TestProbe<Reply> apply(Edit... edits) {
    return apply(false, PATIENCE, edits);
  }

  private TestProbe<Reply> apply(boolean bulk, Duration patience, Edit... edits) {
    TestProbe<Reply> probe = KIT.createTestProbe();
    long deadline = System.currentTimeMillis() + patience.toMillis();
    partition.tell(new Apply(List.of(edits), bulk, deadline, probe.ref()));
    return probe;
  }

  private Told get(String id) {
    TestProbe<Told> probe = KIT.createTestProbe();
    partition.tell(new Get(id, probe.ref()));
    return probe.receiveMessage(PATIENCE);
  }

  private static List<Outcome> outcomes(TestProbe<Reply> probe) {
    return probe.expectMessageClass(Reply.Applied.class, PATIENCE).outcomes();
  }

  private static Reply.Refused refused(TestProbe<Reply> probe) {
    return probe.expectMessageClass(Reply.Refused.class, PATIENCE);
  }

  private static List<String> contents(RecordSave save) {
    return save.changes().stream()
        .map(
            c ->
                c.id()
                    + (c.content() == null
                        ? " gone"
                        : "=" + new String(c.content(), StandardCharsets.UTF_8)))
        .toList();
  }

  @Test
  void loading_pageByPage_answersOnceAllAreHeld() {
    TestProbe<Partition.Awake> awake = KIT.createTestProbe();
    partition.tell(new Partition.Wake(awake.ref()));
    assertThat(get("a").error().retryable()).isTrue();
    Reply.Refused early = refused(apply(new Write("a", "x")));
    assertThat(early.error().code()).isEqualTo("ERR_DB");
    assertThat(early.outcomeUnknown()).isFalse();
    page(0, record("a", 5, "one"), record("b", 6, "two"));
    Database.Ask<Query.RecordPage> second = asked();
    assertThat(((Query.Records) (Query<?>) second.query()).after())
        .isEqualTo(new Query.RecordPlace(Slices.slice("b"), "b"));
    second
        .replyTo()
        .tell(new Answer.Found<>(new Query.RecordPage(0, List.of(record("c", 7, "three")))));
    awake.expectNoMessage(Duration.ofMillis(30));
    page(0);
    assertThat(awake.receiveMessage(PATIENCE).partition()).isZero();
    assertThat(get("c").text()).isEqualTo("three");
    assertThat(get("a").version()).isEqualTo(5);
  }

  @Test
  void loading_databaseDown_asksTheSamePageAgainForAsLongAsItTakes() {
    for (int i = 0; i < 5; i++) {
      this.<Query.RecordPage>asked()
          .replyTo()
          .tell(new Answer.Failed<>(new ServiceError.Database(DatabaseCause.UNREACHABLE, "away")));
    }
    load(record("a", 5, "one"));
    assertThat(get("a").text()).isEqualTo("one");
  }

  @Test
  void change_isHeldAndAnsweredOnlyWhenCommitted() {
    load();
    TestProbe<Reply> reply = apply(new Write("a", "x"));
    Database.SaveRecords save = saving();
    assertThat(save.lane()).isEqualTo(Database.Lane.INTERACTIVE);
    assertThat(get("a").text()).isNull();
    reply.expectNoMessage(Duration.ofMillis(30));
    saved(save);
    Outcome.Stored stored = (Outcome.Stored) outcomes(reply).getFirst();
    assertThat(stored.created()).isTrue();
    assertThat(stored.content()).isEqualTo("x".getBytes(StandardCharsets.UTF_8));
    assertThat(get("a").version()).isEqualTo(stored.version());
    assertThat(notes.drafts).hasValue(0);
  }

  @Test
  void changes_whileASaveIsInFlight_shareTheNextOne_foldedByRecord() {
    load(record("b", 5, "old"));
    TestProbe<Reply> first = apply(new Write("a", "1"));
    Database.SaveRecords one = saving();
    TestProbe<Reply> second = apply(new Append("a", "2"));
    TestProbe<Reply> third = apply(new Append("a", "3"), new Delete("b"), new Delete("none"));
    TestProbe<Reply> fourth = apply(new Write("c", "x"), new Delete("c"), new Write("b", "new"));
    TestProbe<Reply> same = apply(new Write("a", "123"));
    saved(one);
    assertThat(outcomes(first)).hasSize(1);
    Database.SaveRecords two = saving();
    assertThat(contents(two.save())).containsExactly("a=123", "b=new", "c gone");
    assertThat(two.save().changes()).extracting(RecordSave.Change::base).contains(5L, 0L);
    assertThat(two.save().changes().getFirst().version())
        .isGreaterThan(one.save().changes().getFirst().version());
    same.expectNoMessage(Duration.ofMillis(30));
    saved(two);
    assertThat(outcomes(second).getFirst()).isInstanceOf(Outcome.Stored.class);
    assertThat(outcomes(third).get(1)).isInstanceOf(Outcome.Removed.class);
    assertThat(outcomes(fourth)).hasSize(3);
    assertThat(outcomes(same).getFirst()).isInstanceOf(Outcome.Same.class);
    assertThat(get("a").text()).isEqualTo("123");
    assertThat(get("b").text()).isEqualTo("new");
    assertThat(get("c").text()).isNull();
    assertThat(notes.drafts).hasValue(0);
  }

  @Test
  void change_thatChangesNothing_answeredWithoutASave() {
    load(record("a", 5, "x"));
    assertThat(outcomes(apply(new Write("a", "x"))).getFirst())
        .isInstanceOfSatisfying(Outcome.Same.class, s -> assertThat(s.version()).isEqualTo(5));
    assertThat(outcomes(apply(new Delete("none"))).getFirst()).isInstanceOf(Outcome.Refused.class);
    database.expectNoMessage(Duration.ofMillis(30));
  }

  @Test
  void bulkAndInteractive_takeTurns() {
    load();
    TestProbe<Reply> first = apply(true, PATIENCE, new Write("a", "1"));
    Database.SaveRecords one = saving();
    assertThat(one.lane()).isEqualTo(Database.Lane.BULK);
    var _ = apply(true, PATIENCE, new Write("b", "1"));
    var _ = apply(new Write("c", "1"));
    var _ = apply(true, PATIENCE, new Write("d", "1"));
    saved(one);
    Outcome.Stored stored = (Outcome.Stored) outcomes(first).getFirst();
    assertThat(stored.content()).isNull();
    Database.SaveRecords two = saving();
    assertThat(contents(two.save())).containsExactly("c=1");
    saved(two);
    assertThat(contents(saving().save())).containsExactly("b=1", "d=1");
  }

  @Test
  void versions_afterADeletion_areAboveTheFloor() {
    long ahead = System.currentTimeMillis() + 1_000_000;
    page(ahead);
    awaitLoaded();
    apply(new Write("a", "x"));
    assertThat(saving().save().changes().getFirst().version()).isEqualTo(ahead + 1);
  }

  @Test
  void record_thatMoved_isReadAgainAndItsChangesDecidedAnew_othersStand() {
    load(record("a", 5, "mine"));
    TestProbe<Reply> reply = apply(new Append("a", "+"), new Write("b", "x"));
    Database.SaveRecords one = saving();
    one.replyTo().tell(new RecordReply.Saved(List.of(Fate.MOVED, Fate.SAVED)));
    Database.Ask<Query.RecordPage> reload = asked();
    reload.replyTo().tell(new Answer.Failed<>(new ServiceError.Timeout("slow")));
    reload = asked();
    assertThat(get("b").text()).isEqualTo("x");
    reload
        .replyTo()
        .tell(new Answer.Found<>(new Query.RecordPage(0, List.of(record("a", 9, "theirs")))));
    Database.SaveRecords two = saving();
    assertThat(contents(two.save())).containsExactly("a=theirs+");
    assertThat(two.save().changes().getFirst().base()).isEqualTo(9);
    saved(two);
    assertThat(outcomes(reply)).hasSize(2).allMatch(o -> o instanceof Outcome.Stored);
    assertThat(notes.drafts).hasValue(0);
  }

  /// Its versions are not known any more, but for the floor: what is made anew starts above it.
  @Test
  void record_foundDeleted_isMadeAnewAboveTheFloor() {
    long ahead = System.currentTimeMillis() + 1_000_000;
    load(record("a", 5, "mine"));
    TestProbe<Reply> reply = apply(new Write("a", "x"));
    saving().replyTo().tell(new RecordReply.Saved(List.of(Fate.MOVED)));
    page(ahead);
    Database.SaveRecords again = saving();
    assertThat(again.save().changes().getFirst().base()).isZero();
    assertThat(again.save().changes().getFirst().version()).isEqualTo(ahead + 1);
    saved(again);
    assertThat(outcomes(reply)).hasSize(1).allMatch(o -> o instanceof Outcome.Stored);
  }

  @Test
  void record_thatMovesForEver_conflictInTheEnd() {
    load();
    TestProbe<Reply> reply = apply(new Write("a", "x"));
    for (int i = 0; i <= settings("").movedLimit(); i++) {
      saving().replyTo().tell(new RecordReply.Saved(List.of(Fate.MOVED)));
      page(0);
    }
    Outcome.Refused refused = (Outcome.Refused) outcomes(reply).getFirst();
    assertThat(refused.error().code()).isEqualTo("ERR_CONFLICT");
  }

  @Test
  void save_refusedRetryably_toldAsNotApplied() {
    load();
    TestProbe<Reply> reply = apply(new Write("a", "x"), new Write("b", "y"));
    saving().replyTo().tell(new RecordReply.NotSaved(new ServiceError.PoolExhausted("late")));
    assertThat(refused(reply).error().retryable()).isTrue();
    assertThat(get("a").text()).isNull();
    assertThat(notes.drafts).hasValue(0);
  }

  @Test
  void save_spoiltByOneRecord_isRepeatedOneByOne() {
    load();
    TestProbe<Reply> bad = apply(new Write("bad", "x"));
    saving().replyTo().tell(new RecordReply.NotSaved(new ServiceError.Internal("a bug")));
    assertThat(refused(bad).error().code()).isEqualTo("ERR_INTERNAL");
    TestProbe<Reply> first = apply(new Write("first", "x"));
    Database.SaveRecords held = saving();
    TestProbe<Reply> spoilt = apply(new Write("bad", "x"));
    TestProbe<Reply> good = apply(new Write("good", "x"));
    saved(held);
    assertThat(outcomes(first)).hasSize(1);
    Database.SaveRecords both = saving();
    assertThat(both.save().changes()).hasSize(2);
    both.replyTo().tell(new RecordReply.NotSaved(new ServiceError.Internal("a bug")));
    for (int i = 0; i < 2; i++) {
      Database.SaveRecords alone = saving();
      assertThat(alone.save().changes()).hasSize(1);
      if (alone.save().changes().getFirst().id().equals("bad")) {
        alone.replyTo().tell(new RecordReply.NotSaved(new ServiceError.Internal("a bug")));
      } else {
        saved(alone);
      }
    }
    assertThat(refused(spoilt).outcomeUnknown()).isFalse();
    assertThat(outcomes(good).getFirst()).isInstanceOf(Outcome.Stored.class);
  }

  @Test
  void change_expiredWhileItWaited_refusedAndNeverSaved() {
    load();
    TestProbe<Reply> first = apply(new Write("a", "1"));
    Database.SaveRecords one = saving();
    TestProbe<Reply> late = apply(false, Duration.ZERO, new Write("b", "1"));
    saved(one);
    assertThat(outcomes(first)).hasSize(1);
    Reply.Refused refused = refused(late);
    assertThat(refused.error().code()).isEqualTo("ERR_TIMEOUT");
    assertThat(refused.outcomeUnknown()).isFalse();
    database.expectNoMessage(Duration.ofMillis(30));
  }

  @Test
  void buffer_full_refusedAsOverloaded() {
    spawn("purser.documents.partitions { buffer-changes = 3, save-changes = 2 }");
    load();
    var _ = apply(new Write("a", "1"));
    Database.SaveRecords one = saving();
    TestProbe<Reply> fits = apply(new Write("b", "1"), new Write("c", "1"), new Write("d", "1"));
    Reply.Refused refused = refused(apply(new Write("e", "1")));
    assertThat(refused.error().code()).isEqualTo("ERR_OVERLOADED");
    assertThat(refused.outcomeUnknown()).isFalse();
    saved(one);
    saved(saving());
    saved(saving());
    assertThat(outcomes(fits)).hasSize(3);
  }

  /// The row `Partition` of the failure table.
  @Test
  void failure_restartsAndLoadsAnew_callersToldRetryably() {
    load(record("a", 5, "one"));
    TestProbe<Reply> inFlight = apply(new Write("b", "x"));
    Database.SaveRecords lost = saving();
    TestProbe<Reply> waiting = apply(new Write("c", "x"));
    Told poisoned = get(Notes.POISON);
    assertThat(poisoned.error().retryable()).isTrue();
    Reply.Refused unknown = refused(inFlight);
    assertThat(unknown.outcomeUnknown()).isTrue();
    assertThat(unknown.error().code()).isEqualTo("ERR_TIMEOUT");
    Reply.Refused refused = refused(waiting);
    assertThat(refused.outcomeUnknown()).isFalse();
    assertThat(refused.error().retryable()).isTrue();
    assertThat(get("a").error().code()).isEqualTo("ERR_DB");
    saved(lost); // told to nobody any more
    load(record("a", 5, "one"), record("b", 8, "x"));
    assertThat(get("a").text()).isEqualTo("one");
    assertThat(get("b").version()).isEqualTo(8);
    assertThat(notes.drafts).hasValue(0);
  }

  @Test
  void save_neverAnswered_givenUpAndLoadedAnew() {
    spawn("purser.documents.partitions { settling = 1 ms }");
    load();
    TestProbe<Reply> reply = apply(false, Duration.ofMillis(500), new Write("a", "x"));
    var _ = saving();
    assertThat(refused(reply).outcomeUnknown()).isTrue();
    load(record("a", 9, "x"));
    assertThat(get("a").version()).isEqualTo(9);
  }

  @Test
  void stop_whileSaving_finishesWhatWaitsFirst() {
    load();
    TestProbe<Reply> first = apply(new Write("a", "1"));
    Database.SaveRecords one = saving();
    TestProbe<Reply> second = apply(new Write("b", "1"));
    partition.tell(new Partition.Stop());
    saved(one);
    saved(saving());
    assertThat(outcomes(first)).hasSize(1);
    assertThat(outcomes(second)).hasSize(1);
    database.expectTerminated(partition, PATIENCE);
  }

  @Test
  void slices_ofEveryNumberOfPartitions_areDividedWithoutGaps() {
    for (int n = 1; n <= 256; n++) {
      Slices slices = new Slices(n);
      int next = 0;
      for (int p = 0; p < n; p++) {
        var share = slices.share("notes", p);
        assertThat(share.firstSlice()).isEqualTo(next);
        next = share.lastSlice() + 1;
      }
      assertThat(next).isEqualTo(256);
    }
    for (String id : Arrays.asList("", "a", "17850", "\uD83D\uDE00")) {
      for (int n : new int[] {1, 3, 8, 255, 256}) {
        var share = new Slices(n).share("notes", new Slices(n).partition(id));
        assertThat(Slices.slice(id)).isBetween(share.firstSlice(), share.lastSlice());
      }
    }
    // "123456789" has the check value e3069283: the sum cannot be changed without losing records.
    assertThat(Slices.slice("123456789")).isEqualTo(0x83);
  }
}
