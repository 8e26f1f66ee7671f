package dev.purser.ingest;

import dev.purser.customers.Customer;
import dev.purser.ledger.Change;
import java.util.List;
import java.util.concurrent.CompletionStage;

/// All that the bulk lane asks of customers: apply these changes, as bulk, by this deadline. The
/// stage never fails.
@FunctionalInterface
public interface CustomerWrites {
  CompletionStage<Customer.Reply> apply(String id, List<Change> changes, long deadlineMillis);
}
