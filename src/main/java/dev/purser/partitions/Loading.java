package dev.purser.partitions;

import dev.purser.database.Database;
import dev.purser.database.Database.Answer;
import dev.purser.database.Query;
import dev.purser.database.Share;
import dev.purser.database.StoredRecord;
import dev.purser.faults.ServiceError;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The reading of a partition's share, a page at a time: the next page is asked for before the last
/// one is held, so that at most two are in memory. A page that fails is asked for again, for as
/// long as it takes. Confined to the partition.
final class Loading {
  private static final Logger LOG = LoggerFactory.getLogger(Loading.class);

  /// How much longer than the database's own deadline a page is waited for.
  static final Duration GRACE = Duration.ofSeconds(1);

  private final ActorContext<Partition.Command> context;
  private final TimerScheduler<Partition.Command> timers;
  private final Partition.Setup<?, ?> setup;
  private final Share share;
  private Query.@Nullable RecordPlace after;
  private long highest;
  // Random at first: answers to an earlier incarnation are told from those to this one.
  private long asked = ThreadLocalRandom.current().nextLong();
  private int failures;
  private int records;

  Loading(
      ActorContext<Partition.Command> context,
      TimerScheduler<Partition.Command> timers,
      Partition.Setup<?, ?> setup,
      Share share) {
    this.context = context;
    this.timers = timers;
    this.setup = setup;
    this.share = share;
  }

  /// Asks for the first page after a pause.
  void start(long pauseMillis) {
    if (pauseMillis > 0) {
      later(pauseMillis);
    } else {
      ask();
    }
  }

  /// Asks for the page that is due.
  void ask() {
    asked++;
    long load = asked;
    Duration patience = setup.settings().loadTimeout();
    long deadline = setup.clock().millis() + patience.toMillis();
    Query.Records query =
        new Query.Records(
            share, setup.settings().pageRecords(), setup.settings().pageBytes(), after);
    context.ask(
        Loading.<Query.RecordPage>answers(),
        setup.database(),
        patience.plus(GRACE),
        replyTo -> new Database.Ask<>(query, deadline, replyTo),
        (page, _) -> new Partition.PageAnswered(load, page == null ? silent() : page));
  }

  /// Whether the page asked for under `load` is the one that is waited for.
  boolean awaits(long load) {
    return load == asked;
  }

  /// Takes what the database answered; null if that is nothing to be held, else the page, and the
  /// next one has been asked for unless it is empty.
  Query.@Nullable RecordPage answered(Answer<Query.RecordPage> answer) {
    return switch (answer) {
      case Answer.Found<Query.RecordPage>(Query.RecordPage page) -> {
        failures = 0;
        highest = Math.max(highest, page.floor());
        if (!page.records().isEmpty()) {
          StoredRecord last = page.records().getLast();
          after = new Query.RecordPlace(last.slice(), last.id());
          page.records().forEach(r -> highest = Math.max(highest, r.version()));
          records += page.records().size();
          setup.metrics().loaded(page.records().size());
          ask();
        }
        yield page;
      }
      case Answer.Failed<Query.RecordPage>(ServiceError error) -> {
        setup.metrics().loadFailed();
        if (failures == 0) {
          LOG.warn("Cannot load {} at present: {}", share, error.message());
        }
        later(setup.settings().retry().delayMillis(failures++, ThreadLocalRandom.current()));
        yield null;
      }
    };
  }

  /// The highest version that the share is known to have had.
  long highest() {
    return highest;
  }

  int records() {
    return records;
  }

  private void later(long millis) {
    asked++;
    timers.startSingleTimer(new Partition.Again(asked), Duration.ofMillis(millis));
  }

  private static Answer<Query.RecordPage> silent() {
    return new Answer.Failed<>(new ServiceError.Timeout("The database did not answer in time"));
  }

  @SuppressWarnings("unchecked") // an answer is of the question's type, whatever its class says
  static <T> Class<Answer<T>> answers() {
    return (Class<Answer<T>>) (Class<?>) Answer.class;
  }
}
