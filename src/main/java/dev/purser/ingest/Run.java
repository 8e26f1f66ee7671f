package dev.purser.ingest;

import dev.purser.database.Chore;
import dev.purser.database.RunRow;
import dev.purser.faults.ServiceError;
import dev.purser.ingest.Batches.Batch;
import dev.purser.ingest.Batches.Item;
import dev.purser.ingest.LetterBox.Post;
import dev.purser.ingest.Letters.Replayed;
import dev.purser.ingest.Verdict.Rejected;
import dev.purser.ledger.RunEvent;
import java.time.InstantSource;
import java.util.List;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.SourceQueueWithComplete;
import org.apache.pekko.stream.typed.javadsl.ActorSink;
import org.jspecify.annotations.Nullable;

/// One upload or replay on its way into the database: reads while there is room, and ends when all
/// that was read is settled.
///
/// *Ownership.* Everything here is confined to this actor. Lines arrive already read, a block at a
/// time, and the next block is asked for only while there is room, so the socket feels every delay.
///
/// *Failure.* A bad line becomes a letter ([Letters]), an outage is waited out ([Deliveries]).
/// Anything else ends the run with a problem; what was committed stays. A crash of this actor ends
/// it the same way, with a problem that says so.
final class Run {
  private final ActorContext<Command> context;
  private final Setup setup;
  private final UniqueKillSwitch body;
  private final Lines lines;
  private final Letters letters;
  private final Deliveries deliveries;
  private final Account account;

  private @Nullable ActorRef<Ack> starved; // waits for room before it sends more
  private boolean ended; // no more lines will come
  private boolean abandoned; // what is not in hand is given up
  private boolean closing;
  private boolean told; // the last event is out
  private String state = "done";
  private @Nullable ServiceError problem;

  sealed interface Command extends NoSerializationVerificationNeeded {}

  /// Stops reading; what has been read is still stored.
  enum Cancel implements Command {
    /// Somebody wants it to end, or nobody listens any more.
    CANCEL,
    /// The node is leaving.
    LEAVE
  }

  private record Opened(ActorRef<Ack> ack) implements Command {}

  private record Read(List<Line> lines, ActorRef<Ack> ack) implements Command {}

  private record Ended() implements Command {}

  private record Broken(Throwable cause) implements Command {}

  private record Tick() implements Command {}

  private record Closed() implements Command {}

  // What the parts of a run have piped to it; nobody else says it.
  record Replied(Batch batch, Delivered delivered) implements Command {}

  record Resend(Batch batch) implements Command {}

  record Flush() implements Command {}

  record Kept(List<Post> posts) implements Command {}

  record Dropped(List<Replayed> letters) implements Command {}

  record Undone(Chore chore, ServiceError error) implements Command {}

  record CancelledElsewhere() implements Command {}

  private enum Ack implements NoSerializationVerificationNeeded {
    ACK
  }

  /// What a run works with.
  ///
  /// @param row as stored when it began
  /// @param profile the CSV profile of all its lines, or null
  /// @param header their header, or null
  /// @param events where its reports go
  record Setup(
      RunRow row,
      @Nullable String profile,
      @Nullable String header,
      SourceQueueWithComplete<RunEvent> events,
      ActorRef<Runs.Command> runs,
      CustomerWrites customers,
      RecordWrites records,
      Chores chores,
      IngestSettings settings,
      InstantSource clock) {}

  private Run(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Setup setup,
      Source<List<Line>, ?> source) {
    this.context = context;
    this.setup = setup;
    this.lines = new Lines(setup.settings());
    this.letters = new Letters(context, timers, setup, lines);
    this.deliveries = new Deliveries(context, timers, setup, lines, letters, this::onFailed);
    this.account = new Account(context.getSelf(), setup, lines);
    timers.startTimerWithFixedDelay(new Tick(), setup.settings().progress());
    context.pipeToSelf(setup.events().watchCompletion(), (_, _) -> Cancel.CANCEL);
    this.body =
        source
            .viaMat(KillSwitches.single(), Keep.right())
            .to(
                ActorSink.actorRefWithBackpressure(
                    context.getSelf(),
                    (ack, l) -> new Read(l, ack),
                    Opened::new,
                    Ack.ACK,
                    new Ended(),
                    Broken::new))
            .run(Materializer.createMaterializer(context));
  }

  static Behavior<Command> create(Setup setup, Source<List<Line>, ?> lines) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(timers -> new Run(context, timers, setup, lines).running()));
  }

  private Behavior<Command> running() {
    return Behaviors.receive(
        (_, command) -> {
          on(command);
          return told ? Behaviors.stopped() : Behaviors.same();
        },
        (_, signal) -> {
          if (signal instanceof PostStop && !told) {
            problem = new ServiceError.Internal("The run was stopped by an internal error");
            tell();
          }
          return Behaviors.same();
        });
  }

  private void on(Command command) {
    switch (command) {
      case Opened(var ack) -> ack.tell(Ack.ACK);
      case Read(var read, var ack) -> onRead(read, ack);
      case Ended _ -> onEnded();
      case Broken(Throwable cause) -> onBroken(cause);
      case Cancel why -> onCancel(why);
      case Replied(Batch batch, Delivered delivered) -> {
        deliveries.onReplied(batch, delivered);
        proceed();
      }
      case Resend(Batch batch) -> deliveries.send(batch);
      case Flush _ -> letters.flush();
      case Kept(var posts) -> {
        letters.onKept(posts);
        proceed();
      }
      case Dropped(var gone) -> {
        letters.onDropped(gone);
        proceed();
      }
      case Undone(Chore chore, ServiceError error) -> {
        letters.onUndone(chore);
        onFailed(error);
        proceed();
      }
      case Tick _ -> account.progress(!closing);
      case CancelledElsewhere _ -> onCancel(Cancel.CANCEL);
      case Closed _ -> tell();
    }
  }

  private void onRead(List<Line> read, ActorRef<Ack> ack) {
    starved = ack;
    if (!ended) {
      read.forEach(this::take);
      deliveries.sendReady();
    }
    proceed();
    if (starved != null) {
      IngestMetrics.INSTANCE.waits.increment();
    }
  }

  private void take(Line line) {
    Item item = lines.read(line);
    switch (line.verdict()) {
      case Verdict.Event(String customer, _) ->
          deliveries.add(new Destination.OfCustomer(customer), item);
      case Verdict.RecordChange(String type, var change) ->
          deliveries.add(
              new Destination.OfRecords(type, setup.records().partition(type, change.id())), item);
      case Rejected why -> letters.post(item, why);
      case Verdict.Skipped _ -> lines.skipped(item);
    }
  }

  private void onEnded() {
    ended = true;
    proceed();
  }

  private void onBroken(Throwable cause) {
    if (!ended) {
      ServiceError error = Chores.error(cause);
      end(
          "failed",
          error instanceof ServiceError.Internal
              ? ServiceError.Validation.of("body", "ended before it was complete")
              : error);
    }
  }

  private void onCancel(Cancel why) {
    if (!ended) {
      switch (why) {
        case CANCEL -> end("cancelled", new ServiceError.Conflict("The run was cancelled"));
        case LEAVE ->
            end(
                "interrupted",
                new ServiceError.Overloaded("The node is leaving; send the upload again"));
      }
    }
  }

  /// No more lines; those that were read are stored before the problem is told.
  private void end(String how, ServiceError why) {
    state = how;
    problem = why;
    ended = true;
    body.shutdown();
    proceed();
  }

  /// Gives up what is not in hand; the answers that are due are still counted.
  private void onFailed(ServiceError error) {
    if (!abandoned) {
      context.getLog().warn("Run {} ends: {}", setup.row().id(), error.message());
      abandoned = true;
      deliveries.abandon();
      letters.clear();
      end("failed", error);
    }
  }

  /// After every change: more lines if there is room, letters if there are enough, the end if
  /// nothing is left.
  private void proceed() {
    letters.proceed(ended);
    if (starved != null) {
      if (lines.room()) {
        starved.tell(Ack.ACK);
        starved = null;
      }
    }
    boolean settled = abandoned || lines.allSettled();
    if (ended && settled && deliveries.idle() && letters.idle() && !closing) {
      closing = true;
      context.pipeToSelf(account.keepEnd(state), (_, _) -> new Closed());
    }
  }

  private void tell() {
    told = true;
    account.end(problem, closing);
  }
}
