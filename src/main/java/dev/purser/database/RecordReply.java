package dev.purser.database;

import dev.purser.faults.ServiceError;
import java.util.List;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;

/// What became of a [RecordSave]. Exactly one is sent for each save.
public sealed interface RecordReply extends NoSerializationVerificationNeeded {

  /// Committed, but for those that have moved; one entry for each change, in their order.
  record Saved(List<Fate> fates) implements RecordReply {
    public Saved {
      fates = List.copyOf(fates);
    }
  }

  /// Nothing was applied, and that is known.
  record NotSaved(ServiceError error) implements RecordReply {}

  /// What became of one record.
  enum Fate {
    SAVED,
    /// The fence missed: what is stored is not what the change built on. It was not applied.
    MOVED
  }
}
