package dev.purser.database;

import dev.purser.faults.ServiceError;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import java.util.List;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;

/// What became of a [CustomerSave]. Exactly one is sent for each save.
public sealed interface SaveReply extends NoSerializationVerificationNeeded {

  /// Committed (or nothing to commit). `profile` is the aggregate as it now stands, version 0 if
  /// the customer is absent; `outcomes` has one entry for each change, in their order.
  record Saved(Profile profile, List<Outcome> outcomes) implements SaveReply {
    public Saved {
      outcomes = List.copyOf(outcomes);
    }
  }

  /// Committed, and the customer is gone for everybody who reads; rows of it are left, which
  /// [Chore.Purge] deletes. Only then may the caller be answered what `saved` says.
  record Purging(Saved saved) implements SaveReply {}

  /// The fence missed: the stored customer is not the one that the save built on. Nothing was
  /// applied.
  record Moved() implements SaveReply {}

  /// Not applied, and known not to be.
  record NotSaved(ServiceError error) implements SaveReply {}
}
