package dev.purser.ledger;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.purser.faults.ServiceError;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the transaction decided about one [Change].
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "outcome")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Outcome.Accepted.class, name = "accepted"),
  @JsonSubTypes.Type(value = Outcome.Duplicate.class, name = "duplicate"),
  @JsonSubTypes.Type(value = Outcome.Refused.class, name = "refused"),
  @JsonSubTypes.Type(value = Outcome.Settled.class, name = "settled"),
  @JsonSubTypes.Type(value = Outcome.Erased.class, name = "erased"),
})
public sealed interface Outcome {

  Accepted ACCEPTED = new Accepted(null);
  Duplicate DUPLICATE = new Duplicate();

  /// Committed, and it changed something.
  ///
  /// @param replaced what it took the place of, or null if it is an addition
  record Accepted(@Nullable Replaced replaced) implements Outcome {}

  /// Already known with the same content, or it would change nothing.
  record Duplicate() implements Outcome {}

  /// Refused for a reason that is the caller's to mend.
  record Refused(ServiceError error) implements Outcome {}

  /// Pending refunds were applied; `duplicate` when this settlement id was known and the rest is
  /// the first answer's.
  ///
  /// @param totals the customer's totals right after it
  record Settled(boolean duplicate, List<Sum> sums, List<Totals> totals) implements Outcome {
    public Settled {
      sums = List.copyOf(sums);
      totals = List.copyOf(totals);
    }
  }

  /// Everything kept of the customer is gone.
  record Erased() implements Outcome {}

  /// What a settlement applied in one currency.
  ///
  /// @param refunds how many refunds
  /// @param amountMinor their sum in minor units
  record Sum(String currency, long refunds, long amountMinor) {}
}
