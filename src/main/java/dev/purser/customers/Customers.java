package dev.purser.customers;

import dev.purser.database.Query;
import dev.purser.ledger.Change;
import dev.purser.ledger.RunEvent;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/// The door to customers: what the edge and the bulk lane may ask. Safe for many threads.
///
/// Deadlines are absolute, in the clock's milliseconds since 1970. Stages of [#read] and [#apply]
/// never fail: a deadline that passes, or a customer that cannot be reached, is a
/// [Customer.Reply.Refused].
public interface Customers {

  CompletionStage<Customer.Reply> read(String id, long deadlineMillis);

  /// Applies changes to one customer: events, preferences, a settlement or an erasure.
  CompletionStage<Customer.Reply> apply(
      String id,
      List<Change> changes,
      Customer.@Nullable Condition condition,
      boolean bulk,
      long deadlineMillis);

  /// Reads many customers in one go; ids are distinct and at most 1,000.
  CompletionStage<Lookup> lookup(List<String> ids, long deadlineMillis);

  /// Asks the database a question about customers; fails with a [dev.purser.faults.Fault].
  <T> CompletionStage<T> answer(Query<T> query, long deadlineMillis);

  /// Lets a suppressed id be used again; false if it was not suppressed. Fails with a
  /// [dev.purser.faults.Fault].
  CompletionStage<Boolean> liftSuppression(String id, long deadlineMillis);

  /// Settles every customer that has pending refunds.
  ///
  /// @param key idempotency key of the caller, or null
  Source<RunEvent, NotUsed> settleAll(@Nullable String key);

  /// What a lookup found, each list in the order asked.
  ///
  /// @param error why the failed ones could not be read, or null if none failed
  record Lookup(
      List<Customer.Reply.Read> found,
      List<String> missing,
      List<String> failed,
      dev.purser.faults.@Nullable ServiceError error) {}
}
