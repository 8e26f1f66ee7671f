package dev.purser.database;

import dev.purser.faults.ServiceError;
import dev.purser.ledger.Profile;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;

/// The answer to a load.
public sealed interface LoadReply extends NoSerializationVerificationNeeded {

  /// What is stored, after every earlier save of this customer has ended.
  ///
  /// @param profile version 0 if the customer is absent
  /// @param floor the highest version of an erased predecessor, or 0
  /// @param suppressed whether the id is suppressed: events are refused
  record Loaded(Profile profile, long floor, boolean suppressed) implements LoadReply {}

  record NotLoaded(ServiceError error) implements LoadReply {}
}
