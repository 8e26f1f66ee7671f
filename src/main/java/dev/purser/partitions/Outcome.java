package dev.purser.partitions;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Replaced;
import org.jspecify.annotations.Nullable;

/// What became of one change, told once it is committed. Immutable.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "outcome")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Outcome.Stored.class, name = "stored"),
  @JsonSubTypes.Type(value = Outcome.Same.class, name = "same"),
  @JsonSubTypes.Type(value = Outcome.Removed.class, name = "removed"),
  @JsonSubTypes.Type(value = Outcome.Refused.class, name = "refused"),
})
public sealed interface Outcome {

  /// The record was written.
  ///
  /// @param created whether it had been absent
  /// @param content as it now stands, in the kind's encoding; null if the change was a bulk one
  /// @param replaced what a bulk change took the place of; null if the record had been absent
  @SuppressWarnings("ArrayRecordComponent") // a hand-over, compared by nobody
  record Stored(
      long version, boolean created, byte @Nullable [] content, @Nullable Replaced replaced)
      implements Outcome {}

  /// Nothing was to be changed.
  ///
  /// @param content as above
  @SuppressWarnings("ArrayRecordComponent") // a hand-over, compared by nobody
  record Same(long version, byte @Nullable [] content) implements Outcome {}

  /// The record is gone.
  record Removed() implements Outcome {}

  /// The change was refused by itself, and not applied.
  record Refused(ServiceError error) implements Outcome {}
}
