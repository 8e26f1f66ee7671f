package dev.purser.customers;

import dev.purser.customers.Customer.Apply;
import dev.purser.customers.Customer.Reply;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Settle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a customer answers without a save. Pure functions and constants.
final class Refusals {
  static final ServiceError MOVING =
      new ServiceError.Overloaded("The customer is being changed by others; nothing was applied.");
  static final ServiceError UNKNOWN =
      new ServiceError.Timeout(
          "Whether the changes were applied is not known; repeat them with the same ids.");
  static final ServiceError RESTARTING =
      new ServiceError.Overloaded("The customer restarts after a failure; try again.");
  static final ServiceError FULL =
      new ServiceError.Overloaded("Too much is waiting for this customer; nothing was applied.");
  static final ServiceError AWAY =
      new ServiceError.Database(DatabaseCause.UNREACHABLE, "The database does not answer.");
  static final ServiceError NO_LEASE =
      new ServiceError.Database(
          DatabaseCause.LEASE, "this node's lease is not renewed, and its copy may be out of date");
  private static final ServiceError EXPIRED =
      new ServiceError.Timeout("The deadline passed before anything was applied.");

  private Refusals() {}

  /// Why `write` needs no save now that `current` is known, or null if it does.
  static @Nullable Reply of(Apply write, Aggregate current, long nowMillis) {
    if (write.deadlineMillis() <= nowMillis) {
      return new Reply.Refused(EXPIRED, false);
    }
    if (write.condition() != null && !write.condition().holds(current.profile())) {
      String state =
          current.profile().stored()
              ? "The customer's version is " + current.profile().version() + "."
              : "The customer does not exist.";
      return new Reply.Refused(new ServiceError.Precondition(state), false);
    }
    return current.suppressed() ? suppressed(write, current) : null;
  }

  private static Reply suppressed(Apply write, Aggregate current) {
    List<Outcome> outcomes = new ArrayList<>(write.changes().size());
    for (Change change : write.changes()) {
      outcomes.add(
          switch (change) {
            case Purchase _, Refund _, Preferences _ ->
                new Outcome.Refused(
                    new ServiceError.Conflict("The customer was erased and its id is suppressed."));
            case Settle _, Erase _ ->
                new Outcome.Refused(Aggregate.notFound(current.profile().id()));
          });
    }
    return new Reply.Applied(outcomes, current.profile(), false);
  }

  /// A load's failure in words for a caller: whatever it was, the database was needed.
  static ServiceError away(@Nullable ServiceError error) {
    return error == null || error instanceof ServiceError.Timeout ? AWAY : error;
  }
}
