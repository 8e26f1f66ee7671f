package dev.purser.ingest;

import dev.purser.customers.Customer.Reply;
import dev.purser.database.Chore;
import dev.purser.database.Letter;
import dev.purser.database.RunRow;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.ServiceError;
import dev.purser.ingest.Batches.Batch;
import dev.purser.ingest.Batches.Item;
import dev.purser.ingest.LetterBox.Post;
import dev.purser.ingest.Verdict.Rejected;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.RunEvent.Report;
import java.time.Duration;
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

/// One upload or replay on its way into the database: the owner of its counters, of its events in
/// flight and of its letters.
///
/// *Ownership.* Everything here is confined to this actor. Lines arrive already read, a block at a
/// time, and the next block is asked for only while there is room, so the socket feels every delay.
///
/// *Order.* See [Batches]. A refused batch stays in front of its customer's later events.
///
/// *Failure.* A bad line becomes a letter. A retryable refusal is repeated with backoff while
/// patience lasts. Anything else ends the run with a problem; what was committed stays.
final class Run {
  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final Setup setup;
  private final UniqueKillSwitch body;
  private final Batches batches;
  private final LetterBox letters;
  private final Counters counters = new Counters();
  private final IngestMetrics metrics = IngestMetrics.INSTANCE;

  private @Nullable ActorRef<Ack> starved; // waits for room before it sends more
  private int inFlight; // lines read and not settled
  private long inFlightBytes;
  private int sent; // batches and drops that an answer is due for
  private boolean ended; // no more lines will come
  private boolean abandoned; // what is not in hand is given up
  private boolean closing;
  private boolean told; // the last event is out
  private String state = "done";
  private @Nullable ServiceError problem;
  private long rowAtMillis;

  sealed interface Command extends NoSerializationVerificationNeeded {}

  /// Stops reading; what has been read is still stored.
  enum Cancel implements Command {
    CANCEL
  }

  private record Opened(ActorRef<Ack> ack) implements Command {}

  private record Read(List<Line> lines, ActorRef<Ack> ack) implements Command {}

  private record Ended() implements Command {}

  private record Broken(Throwable cause) implements Command {}

  private record Replied(Batch batch, Reply reply) implements Command {}

  private record Resend(Batch batch) implements Command {}

  private record Kept(List<Post> posts) implements Command {}

  private record Dropped(Item item, Outcome outcome) implements Command {}

  private record Failed(ServiceError error) implements Command {}

  private record Tick() implements Command {}

  private record Flush() implements Command {}

  private record Closed() implements Command {}

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
      Chores chores,
      IngestSettings settings,
      InstantSource clock) {}

  private Run(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Setup setup,
      Source<List<Line>, ?> lines) {
    this.context = context;
    this.timers = timers;
    this.setup = setup;
    this.batches = new Batches(setup.settings().batchEvents());
    this.letters = new LetterBox(setup.settings().letterBatch());
    this.rowAtMillis = setup.clock().millis();
    timers.startTimerWithFixedDelay(new Tick(), setup.settings().progress());
    context.pipeToSelf(setup.events().watchCompletion(), (_, _) -> Cancel.CANCEL);
    this.body =
        lines
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
      case Read(var lines, var ack) -> onRead(lines, ack);
      case Ended _ -> onEnded();
      case Broken(Throwable cause) -> onBroken(cause);
      case Cancel _ -> onCancel();
      case Replied(Batch batch, Reply reply) -> onReplied(batch, reply);
      case Resend(Batch batch) -> send(batch);
      case Kept(var posts) -> onKept(posts);
      case Dropped(Item item, Outcome outcome) -> onDropped(item, outcome);
      case Failed(ServiceError error) -> onFailed(error);
      case Flush _ -> flush();
      case Tick _ -> onTick();
      case Closed _ -> tell();
    }
  }

  private void onRead(List<Line> lines, ActorRef<Ack> ack) {
    starved = ack;
    if (!ended) {
      lines.forEach(this::take);
      batches.takeReady(now()).forEach(this::send);
    }
    proceed();
  }

  private void take(Line line) {
    Item item = new Item(counters.read(line), line);
    inFlight++;
    inFlightBytes += line.bytes();
    switch (line.verdict()) {
      case Verdict.Event(String customer, _) -> batches.add(customer, item);
      case Rejected why -> reject(item, why);
      case Verdict.Skipped _ -> {
        counters.skipped(item.place());
        settled(item);
      }
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

  private void onCancel() {
    if (!ended) {
      end("cancelled", new ServiceError.Conflict("The run was cancelled"));
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
      batches.clear();
      letters.clear();
      end("failed", error);
    }
  }

  private void send(Batch batch) {
    if (abandoned) {
      return;
    }
    sent++;
    var changes =
        batch.items().stream().map(i -> ((Verdict.Event) i.line().verdict()).change()).toList();
    long deadline = now() + setup.settings().saveTimeout().toMillis();
    context.pipeToSelf(
        setup.customers().apply(batch.customer(), changes, deadline),
        (reply, failure) ->
            new Replied(
                batch, failure == null ? reply : new Reply.Refused(Chores.error(failure), true)));
  }

  private void onReplied(Batch batch, Reply reply) {
    sent--;
    switch (reply) {
      case Reply.Applied applied -> onApplied(batch, applied);
      case Reply.Refused(ServiceError error, _) -> onRefused(batch, error);
      case Reply.Read _ -> onFailed(new ServiceError.Internal("A customer misunderstood a save"));
    }
    proceed();
  }

  private void onApplied(Batch batch, Reply.Applied applied) {
    if (applied.created()) {
      counters.created();
    }
    for (int i = 0; i < batch.items().size(); i++) {
      decided(batch.customer(), batch.items().get(i), applied.outcomes().get(i));
    }
    advance(batch.customer());
  }

  private void decided(String customer, Item item, Outcome outcome) {
    switch (outcome) {
      case Outcome.Refused(ServiceError error) -> reject(item, Rejected.refused(error, customer));
      case Outcome.Accepted _, Outcome.Duplicate _, Outcome.Settled _, Outcome.Erased _ -> {
        Letter letter = item.line().letter();
        if (letter == null) {
          count(item, outcome);
        } else {
          drop(item, outcome, letter);
        }
      }
    }
  }

  /// A replayed letter goes before its line counts.
  private void drop(Item item, Outcome outcome, Letter letter) {
    sent++;
    pipe(new Chore.DropLetter(letter.id()), new Dropped(item, outcome));
  }

  private void onDropped(Item item, Outcome outcome) {
    sent--;
    count(item, outcome);
    proceed();
  }

  private void count(Item item, Outcome outcome) {
    if (outcome instanceof Outcome.Duplicate) {
      counters.duplicate(item.place());
    } else {
      counters.accepted(item.place());
    }
    settled(item);
  }

  private void onRefused(Batch batch, ServiceError error) {
    long waited = now() - batch.sinceMillis();
    if (error.retryable() && waited < setup.settings().patience().toMillis()) {
      metrics.retries.increment();
      Duration wait = Chores.backoff(setup.settings(), batch.attempt());
      Batch again = batch.again();
      timers.startSingleTimer(batch.customer(), new Resend(again), wait);
    } else if (error.retryable() || error instanceof ServiceError.Internal) {
      onFailed(error);
    } else if (batch.items().size() > 1 && error instanceof ServiceError.Database) {
      batches.split(batch);
      advance(batch.customer());
    } else {
      batch.items().forEach(i -> reject(i, Rejected.refused(error, batch.customer())));
      advance(batch.customer());
    }
  }

  private void advance(String customer) {
    Batch next = batches.next(customer, now());
    if (next != null) {
      send(next);
    }
  }

  private void reject(Item item, Rejected why) {
    if (why.reason().equals("too_large")) {
      metrics.lineTooLong.increment();
    }
    Letter old = item.line().letter();
    boolean unchanged =
        old != null
            && old.reason().equals(why.reason())
            && old.raw().equals(item.line().block().text(item.line().record()));
    if (unchanged) {
      counters.rejected(item.place(), item.line().number(), why);
      settled(item);
    } else {
      if (!letters.waiting()) {
        timers.startSingleTimer(new Flush(), setup.settings().letterDelay());
      }
      letters.add(new Post(item, why));
    }
  }

  private void flush() {
    if (!letters.writing() && letters.waiting()) {
      List<Post> posts = letters.take();
      var rows =
          posts.stream()
              .map(p -> p.letter(setup.row().id(), setup.profile(), setup.header(), now()))
              .toList();
      pipe(new Chore.KeepLetters(rows), new Kept(posts));
    }
  }

  private void onKept(List<Post> posts) {
    letters.written();
    for (Post post : posts) {
      Letter old = post.item().line().letter();
      if (old != null && !old.reason().equals(post.why().reason())) {
        pipe(new Chore.DropLetter(old.id()), new Flush());
      }
      counters.rejected(post.item().place(), post.item().line().number(), post.why());
      settled(post.item());
    }
    proceed();
  }

  private void pipe(Chore chore, Command done) {
    context.pipeToSelf(
        setup.chores().patiently(chore, setup.settings().patience()),
        (_, failure) -> failure == null ? done : new Failed(unwritten(failure)));
  }

  /// Whatever kept a letter from being written, the run cannot go on without it.
  private static ServiceError unwritten(Throwable failure) {
    ServiceError error = Chores.error(failure);
    return error.retryable() || error instanceof ServiceError.Internal
        ? error
        : new ServiceError.Database(DatabaseCause.BAD_DATA, "A dead letter could not be stored");
  }

  private void settled(Item item) {
    inFlight--;
    inFlightBytes -= item.line().bytes();
  }

  /// After every change: more lines if there is room, letters if there are enough, the end if
  /// nothing is left.
  private void proceed() {
    if (letters.full() || (ended && letters.waiting())) {
      flush();
    }
    boolean room =
        inFlight < setup.settings().inFlightEvents()
            && inFlightBytes < setup.settings().inFlightBytes();
    if (room && starved != null) {
      starved.tell(Ack.ACK);
      starved = null;
    } else if (!room && starved != null) {
      metrics.inFlightFull.increment();
    }
    boolean idle = abandoned ? sent == 0 : inFlight == 0 && !letters.writing();
    if (ended && idle && !closing) {
      closing = true;
      close();
    }
  }

  private void close() {
    RunRow row = row(state, now());
    context.pipeToSelf(
        setup.chores().patiently(new Chore.KeepRun(row), setup.settings().saveTimeout()),
        (_, failure) -> {
          if (failure != null) {
            context.getLog().warn("The end of run {} could not be stored", row.id());
          }
          return new Closed();
        });
  }

  private void onTick() {
    setup.events().offer(new RunEvent.Progress(report()));
    RunRow row = row("running", null);
    setup.runs().tell(new Runs.Told(row));
    if (!closing && now() - rowAtMillis >= setup.settings().rowEvery().toMillis()) {
      rowAtMillis = now();
      setup.chores().now(new Chore.KeepRun(row));
    }
  }

  private void tell() {
    told = true;
    Report.Ingest report = report();
    setup
        .events()
        .offer(
            problem == null ? new RunEvent.Summary(report) : new RunEvent.Problem(problem, report));
    setup.events().complete();
    setup.runs().tell(new Runs.Over(setup.row().id(), closing, counters.rejected()));
  }

  private RunRow row(String state, @Nullable Long finishedMillis) {
    RunRow row = setup.row();
    return new RunRow(
        row.id(),
        row.kind(),
        state,
        row.key(),
        row.startedMillis(),
        finishedMillis,
        Counters.json(report()));
  }

  private Report.Ingest report() {
    return counters.report(setup.row().id());
  }

  private long now() {
    return setup.clock().millis();
  }
}
