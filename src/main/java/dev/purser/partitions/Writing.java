package dev.purser.partitions;

import dev.purser.database.Database;
import dev.purser.database.Database.Answer;
import dev.purser.database.Query;
import dev.purser.database.RecordReply;
import dev.purser.database.RecordSave;
import dev.purser.database.Share;
import dev.purser.database.StoredRecord;
import dev.purser.faults.ServiceError;
import dev.purser.partitions.Partition.Apply;
import dev.purser.partitions.Partition.Reply;
import dev.purser.partitions.Pending.Item;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/// The writes of one partition: those that wait, and those of the save in flight. Confined to the
/// partition.
///
/// Changes are decided when their save begins, on what is held, and are held and answered once it
/// is committed: what memory answers is durable. The fence of each record decides whether what was
/// held was true; one that has moved is read again and its changes are decided anew.
///
/// @param <W> the kind's changes
/// @param <D> the content of one record
final class Writing<W extends Change, D> {
  private final ActorContext<Partition.Command> context;
  private final TimerScheduler<Partition.Command> timers;
  private final Partition.Setup<W, D> setup;
  private final Share share;
  private final Holding<W, D> holding;
  private final Pending<W> pending;

  private List<Item<W>> taken = List.of(); // while they are decided
  private @Nullable Saving<W, D> save;
  private boolean sent;
  private List<Item<W>> moved = List.of();
  private long lastVersion;
  private int failures;

  Writing(
      ActorContext<Partition.Command> context,
      TimerScheduler<Partition.Command> timers,
      Partition.Setup<W, D> setup,
      Share share,
      Holding<W, D> holding) {
    this.context = context;
    this.timers = timers;
    this.setup = setup;
    this.share = share;
    this.holding = holding;
    this.pending = new Pending<>(setup.settings());
  }

  /// Versions that are given out are above this one.
  void startAbove(long version) {
    lastVersion = Math.max(lastVersion, version);
  }

  /// Lets a request wait for its save, or refuses it.
  @SuppressWarnings("unchecked") // the door of a kind sends this kind's changes
  void admit(Apply<?> request) {
    if (!pending.add((Apply<W>) request)) {
      setup.metrics().bufferFull();
      request.replyTo().tell(new Reply.Refused(Refusals.FULL, false));
    }
  }

  /// Begins the next save; false if nothing waits that needs one.
  boolean begin() {
    save = null;
    while (!pending.isEmpty()) {
      long now = setup.clock().millis();
      long version = Math.max(now, lastVersion + 1);
      Saving<W, D> begun =
          new Saving<>(holding, setup.lease(), ThreadLocalRandom.current().nextLong(), version);
      sent = false;
      save = begun;
      decide(begun, now);
      if (!begun.isEmpty()) {
        lastVersion = version;
        send(begun, now);
        return true;
      }
    }
    save = null;
    return false;
  }

  private void decide(Saving<W, D> begun, long nowMillis) {
    taken = pending.take();
    for (Item<W> item : taken) {
      if (item.deadlineMillis() <= nowMillis) {
        item.fail(Refusals.LATE, false);
      } else {
        begun.decide(item);
      }
    }
    taken = List.of();
  }

  private void send(Saving<W, D> begun, long nowMillis) {
    setup.metrics().saving(begun.size());
    long deadline = begun.deadlineMillis();
    Duration patience = Duration.ofMillis(deadline - nowMillis).plus(setup.settings().settling());
    RecordSave records = begun.records(share);
    Database.Lane lane = begun.bulk() ? Database.Lane.BULK : Database.Lane.INTERACTIVE;
    long id = begun.changeId;
    sent = true;
    context.ask(
        RecordReply.class,
        setup.database(),
        patience,
        replyTo -> new Database.SaveRecords(records, lane, deadline, replyTo),
        (reply, _) ->
            reply == null ? new Partition.Overdue(id) : new Partition.SaveAnswered(id, reply));
  }

  /// Whether `changeId` is the save in flight.
  boolean awaits(long changeId) {
    return save != null && save.changeId == changeId;
  }

  /// The save has ended; false if records have moved, which are being read again.
  boolean saved(RecordReply reply) {
    switch (reply) {
      case RecordReply.Saved(var fates) -> moved = current().committed(fates);
      case RecordReply.NotSaved(ServiceError error) -> notSaved(error);
    }
    if (moved.isEmpty()) {
      return true;
    }
    moved.forEach(_ -> setup.metrics().moved());
    reload();
    return false;
  }

  /// Nothing was applied. What may be the fault of one record alone is tried again one by one.
  private void notSaved(ServiceError error) {
    boolean inCompany = current().size() > 1;
    List<Item<W>> items = current().abandon();
    if (inCompany && !error.retryable()) {
      pending.split(items);
    } else {
      items.forEach(item -> item.fail(error, false));
    }
  }

  /// Asks for the records that have moved.
  void reload() {
    Duration patience = setup.settings().loadTimeout();
    long deadline = setup.clock().millis() + patience.toMillis();
    long id = current().changeId;
    Query.SomeRecords query = new Query.SomeRecords(share, Saving.places(moved));
    context.ask(
        Loading.<Query.RecordPage>answers(),
        setup.database(),
        patience.plus(Loading.GRACE),
        replyTo -> new Database.Ask<>(query, deadline, replyTo),
        (found, _) ->
            new Partition.Reloaded(
                id, found == null ? new Answer.Failed<>(Refusals.UNKNOWN) : found));
  }

  /// Holds the records that had moved, and lets their changes wait again, before all others; false
  /// if the database has failed, and is asked again later.
  boolean reloaded(Answer<Query.RecordPage> answer) {
    if (!(answer instanceof Answer.Found<Query.RecordPage>(Query.RecordPage page))) {
      long pause = setup.settings().retry().delayMillis(failures++, ThreadLocalRandom.current());
      timers.startSingleTimer(
          new Partition.ReloadAgain(current().changeId), Duration.ofMillis(pause));
      return false;
    }
    failures = 0;
    // What is gone was deleted under a version up to the floor, which none made anew may repeat.
    startAbove(page.floor());
    Map<String, StoredRecord> found =
        page.records().stream().collect(Collectors.toMap(StoredRecord::id, r -> r));
    for (Query.RecordPlace place : Saving.places(moved)) {
      StoredRecord r = found.get(place.id());
      if (r == null) {
        holding.remove(place.id());
      } else {
        startAbove(r.version());
        holding.load(r.id(), r.version(), r.content());
      }
    }
    decideAgain();
    return true;
  }

  private void decideAgain() {
    List<Item<W>> again = new ArrayList<>(moved.size());
    for (Item<W> item : moved) {
      if (item.attempt() < setup.settings().movedLimit()) {
        again.add(item.again());
      } else {
        item.end(new Outcome.Refused(Refusals.MOVING));
      }
    }
    moved = List.of();
    pending.putBack(again);
  }

  /// Answers everybody who has no answer yet, and gives up their drafts.
  void abandon() {
    if (save != null) {
      boolean maybe = sent;
      save.abandon()
          .forEach(item -> item.fail(maybe ? Refusals.UNKNOWN : Refusals.RESTARTING, maybe));
    }
    taken.forEach(item -> item.fail(Refusals.RESTARTING, false));
    moved.forEach(item -> item.fail(Refusals.RESTARTING, false));
    pending.refuse(Refusals.RESTARTING);
  }

  private Saving<W, D> current() {
    if (save == null) {
      throw new IllegalStateException("no save is in flight");
    }
    return save;
  }
}
