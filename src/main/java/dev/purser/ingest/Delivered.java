package dev.purser.ingest;

import dev.purser.customers.Customer;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Outcome;
import dev.purser.partitions.Partition;
import java.util.List;

/// What became of a batch, whoever it was sent to. Immutable.
sealed interface Delivered {

  /// One outcome for each line, in their order.
  ///
  /// @param created whether it made a customer
  record Done(List<Outcome> outcomes, boolean created) implements Delivered {}

  /// Not all of it has an outcome.
  record Not(ServiceError error) implements Delivered {}

  static Delivered of(Customer.Reply reply) {
    return switch (reply) {
      case Customer.Reply.Applied a -> new Done(a.outcomes(), a.created());
      case Customer.Reply.Refused(ServiceError error, _) -> new Not(error);
      case Customer.Reply.Read _ ->
          new Not(new ServiceError.Internal("A customer misunderstood a save"));
    };
  }

  static Delivered of(Partition.Reply reply) {
    return switch (reply) {
      case Partition.Reply.Applied(var outcomes) ->
          new Done(outcomes.stream().map(Delivered::outcome).toList(), false);
      case Partition.Reply.Refused(ServiceError error, _) -> new Not(error);
    };
  }

  private static Outcome outcome(dev.purser.partitions.Outcome outcome) {
    return switch (outcome) {
      case dev.purser.partitions.Outcome.Stored stored -> new Outcome.Accepted(stored.replaced());
      case dev.purser.partitions.Outcome.Removed _ -> Outcome.ACCEPTED;
      case dev.purser.partitions.Outcome.Same _ -> Outcome.DUPLICATE;
      case dev.purser.partitions.Outcome.Refused(ServiceError error) -> new Outcome.Refused(error);
    };
  }
}
