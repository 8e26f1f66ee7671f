package dev.purser.http;

import dev.purser.customers.Customer;
import dev.purser.customers.Customers;
import dev.purser.database.Query;
import dev.purser.ledger.Change;
import dev.purser.ledger.RunEvent;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/// What the edge asks of [Customers], whose contract holds here too. Safe for many threads.
public interface CustomerDoor {

  CompletionStage<Customer.Reply> read(String id, long deadlineMillis);

  CompletionStage<Customer.Reply> apply(
      String id, Change change, Customer.@Nullable Condition condition, long deadlineMillis);

  CompletionStage<Customers.Lookup> lookup(List<String> ids, long deadlineMillis);

  <T> CompletionStage<T> answer(Query<T> query, long deadlineMillis);

  CompletionStage<Boolean> liftSuppression(String id, long deadlineMillis);

  CompletionStage<Boolean> dropLetters(String id, long deadlineMillis);

  Source<RunEvent, NotUsed> settleAll(@Nullable String key);

  /// The door of `customers`; what comes through it is interactive.
  static CustomerDoor of(Customers customers) {
    return new CustomerDoor() {
      @Override
      public CompletionStage<Customer.Reply> read(String id, long deadlineMillis) {
        return customers.read(id, deadlineMillis);
      }

      @Override
      public CompletionStage<Customer.Reply> apply(
          String id, Change change, Customer.@Nullable Condition condition, long deadlineMillis) {
        return customers.apply(id, List.of(change), condition, false, deadlineMillis);
      }

      @Override
      public CompletionStage<Customers.Lookup> lookup(List<String> ids, long deadlineMillis) {
        return customers.lookup(ids, deadlineMillis);
      }

      @Override
      public <T> CompletionStage<T> answer(Query<T> query, long deadlineMillis) {
        return customers.answer(query, deadlineMillis);
      }

      @Override
      public CompletionStage<Boolean> liftSuppression(String id, long deadlineMillis) {
        return customers.liftSuppression(id, deadlineMillis);
      }

      @Override
      public CompletionStage<Boolean> dropLetters(String id, long deadlineMillis) {
        return customers.dropLetters(id, deadlineMillis);
      }

      @Override
      public Source<RunEvent, NotUsed> settleAll(@Nullable String key) {
        return customers.settleAll(key);
      }
    };
  }
}
