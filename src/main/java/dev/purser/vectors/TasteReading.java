package dev.purser.vectors;

import dev.purser.database.Database;
import dev.purser.database.Database.Answer;
import dev.purser.database.Query;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;

/// Computes tastes from the database, a page of events at a time. No transaction spans two pages:
/// each tells the customer's version, and if that has changed the reading begins anew.
///
/// Safe for many threads. Stages fail with a [Fault].
final class TasteReading {
  /// How often a customer that changes meanwhile is begun anew before it is left for later.
  private static final int ATTEMPTS = 5;

  private static final Duration GRACE = Duration.ofSeconds(1);

  private final ActorSystem<?> system;
  private final ActorRef<Database.Command> database;
  private final TasteSettings settings;
  private final InstantSource clock;

  TasteReading(
      ActorSystem<?> system,
      ActorRef<Database.Command> database,
      TasteSettings settings,
      InstantSource clock) {
    this.system = system;
    this.database = database;
    this.settings = settings;
    this.clock = clock;
  }

  /// What is summed up so far. Confined to one reading.
  private static final class Sums {
    private final String customer;
    private final double[] sums = new double[TasteSums.DIMENSION];
    private long version;
    private long floor;
    private boolean begun;

    Sums(String customer) {
      this.customer = customer;
    }

    /// Whether the page is of the same version as those before it.
    boolean add(Query.TastePage page, int sign) {
      if (begun && version != page.version()) {
        return false;
      }
      begun = true;
      version = page.version();
      floor = page.floor();
      for (Query.TasteEvent e : page.events()) {
        if (e.sku() != null) {
          Taste.add(sums, sign, e.sku(), e.currency(), e.amountMinor());
        }
      }
      return true;
    }

    /// A customer that was absent may be made anew before this arrives: its versions are above the
    /// floor, and what they say stays.
    TasteNews news() {
      return version == 0
          ? new TasteNews.Gone(floor)
          : new TasteNews.Whole(version, TasteSums.of(sums));
    }
  }

  /// All that the database knows of a customer.
  CompletionStage<TasteNews> read(String customer) {
    return attempt(customer, 1);
  }

  private CompletionStage<TasteNews> attempt(String customer, int attempt) {
    return pages(new Sums(customer), false, null)
        .thenCompose(
            sums -> {
              if (sums.isPresent()) {
                return CompletableFuture.completedFuture(sums.get().news());
              }
              return attempt < ATTEMPTS
                  ? attempt(customer, attempt + 1)
                  : CompletableFuture.failedFuture(
                      new Fault(new ServiceError.Conflict("The customer keeps changing.")));
            });
  }

  /// Purchases first, then refunds; empty if the customer has changed meanwhile.
  private CompletionStage<Optional<Sums>> pages(
      Sums sums, boolean refunds, @Nullable String after) {
    return ask(new Query.TasteEvents(sums.customer, refunds, settings.page(), after))
        .thenCompose(
            page -> {
              if (!sums.add(page, refunds ? -1 : 1)) {
                return CompletableFuture.completedFuture(Optional.empty());
              }
              if (page.events().size() == settings.page()) {
                return pages(sums, refunds, page.events().getLast().id());
              }
              return refunds || page.version() == 0
                  ? CompletableFuture.completedFuture(Optional.of(sums))
                  : pages(sums, true, null);
            });
  }

  /// Asks the database for one page.
  <T> CompletionStage<T> ask(Query<T> query) {
    long deadline = clock.millis() + settings.timeout().toMillis();
    CompletionStage<Answer<T>> asked =
        AskPattern.ask(
            database,
            replyTo -> new Database.Ask<>(query, deadline, replyTo),
            settings.timeout().plus(GRACE),
            system.scheduler());
    return asked.thenApply(
        answer ->
            switch (answer) {
              case Answer.Found<T>(T value) -> value;
              case Answer.Failed<T>(ServiceError error) -> throw new Fault(error);
            });
  }
}
