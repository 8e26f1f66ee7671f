package dev.purser.ingest;

import dev.purser.faults.FieldError;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.JsonFields;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What reading made of one record, before the database has seen it.
sealed interface Verdict {

  /// It can be used.
  record Event(String customer, Change change) implements Verdict {}

  /// It can be used, and is no customer's: a record goes to the partition that owns it.
  ///
  /// @param type the type of its line, such as `document`
  record RecordChange(String type, dev.purser.partitions.Change change) implements Verdict {}

  /// It becomes a dead letter.
  ///
  /// @param reason a fixed word, the letter's filter and the metric's label
  /// @param code the error code of the HTTP contract
  /// @param customer the customer that it names, if that could be read
  record Rejected(String reason, String code, String message, @Nullable String customer)
      implements Verdict {

    /// The same of a line that names `customer`.
    Rejected naming(@Nullable String customer) {
      return new Rejected(reason, code, message, customer);
    }

    static Rejected unparsable(String message) {
      return new Rejected("unparsable", "ERR_VALIDATION", message, null);
    }

    static Rejected invalid(List<FieldError> errors, @Nullable String customer) {
      String message = JsonFields.refusal(errors).message();
      return new Rejected("invalid", "ERR_VALIDATION", message, customer);
    }

    static Rejected tooLarge(int limit) {
      String message = "The line is longer than " + limit + " bytes";
      return new Rejected("too_large", "ERR_TOO_LARGE", message, null);
    }

    /// What the transaction refused.
    static Rejected refused(ServiceError error, @Nullable String customer) {
      String reason = error.code().substring("ERR_".length()).toLowerCase(java.util.Locale.ROOT);
      return new Rejected(
          reason.equals("validation") ? "invalid" : reason,
          error.code(),
          error.message(),
          customer);
    }
  }

  /// It is well-formed and of no consequence: a line of zero amount.
  record Skipped() implements Verdict {}
}
