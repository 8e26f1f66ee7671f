package dev.purser.faults;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/// Every way in which Purser refuses or fails to answer, as plain data that may travel between
/// nodes.
///
/// The set is closed, so that decisions, status codes and metrics are exhaustive switches. A
/// message is a sentence for the caller: it never holds SQL, a stack trace or a secret. Immutable.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = ServiceError.Database.class, name = "database"),
  @JsonSubTypes.Type(value = ServiceError.PoolExhausted.class, name = "pool_exhausted"),
  @JsonSubTypes.Type(value = ServiceError.Cache.class, name = "cache"),
  @JsonSubTypes.Type(value = ServiceError.Validation.class, name = "validation"),
  @JsonSubTypes.Type(value = ServiceError.NotFound.class, name = "not_found"),
  @JsonSubTypes.Type(value = ServiceError.Conflict.class, name = "conflict"),
  @JsonSubTypes.Type(value = ServiceError.Precondition.class, name = "precondition"),
  @JsonSubTypes.Type(value = ServiceError.Overloaded.class, name = "overloaded"),
  @JsonSubTypes.Type(value = ServiceError.Timeout.class, name = "timeout"),
  @JsonSubTypes.Type(value = ServiceError.Internal.class, name = "internal"),
})
public sealed interface ServiceError {

  /// A sentence for the caller.
  String message();

  /// The stable code of the HTTP contract, such as `ERR_DB`.
  @JsonIgnore
  default String code() {
    return switch (this) {
      case Database _ -> "ERR_DB";
      case PoolExhausted _ -> "ERR_POOL_EXHAUSTED";
      case Cache _ -> "ERR_CACHE";
      case Validation _ -> "ERR_VALIDATION";
      case NotFound _ -> "ERR_NOT_FOUND";
      case Conflict _ -> "ERR_CONFLICT";
      case Precondition _ -> "ERR_PRECONDITION";
      case Overloaded _ -> "ERR_OVERLOADED";
      case Timeout _ -> "ERR_TIMEOUT";
      case Internal _ -> "ERR_INTERNAL";
    };
  }

  /// Whether the same request may succeed later without being changed.
  @JsonIgnore
  default boolean retryable() {
    return switch (this) {
      case Database d -> d.cause() != DatabaseCause.BAD_DATA;
      case PoolExhausted _, Cache _, Overloaded _, Timeout _ -> true;
      case Validation _, NotFound _, Conflict _, Precondition _, Internal _ -> false;
    };
  }

  /// The database failed; `cause` is what the classification of its error said.
  record Database(DatabaseCause cause, String message) implements ServiceError {}

  /// No connection slot became free before the deadline.
  record PoolExhausted(String message) implements ServiceError {}

  /// The cache failed. It exists in logs and metrics only; a caller sees a miss.
  record Cache(String message) implements ServiceError {}

  /// The request is understood and wrong; `errors` names each field, and is never empty.
  record Validation(String message, List<FieldError> errors) implements ServiceError {
    public Validation {
      errors = List.copyOf(errors);
    }

    /// A refusal for one field.
    public static Validation of(String field, String message) {
      return new Validation(field + " " + message, List.of(new FieldError(field, message)));
    }
  }

  record NotFound(String message) implements ServiceError {}

  record Conflict(String message) implements ServiceError {}

  /// A stated precondition (`If-Match`, `If-None-Match`) does not hold.
  record Precondition(String message) implements ServiceError {}

  /// A queue or limit is full; refused early and unexecuted.
  record Overloaded(String message) implements ServiceError {}

  /// The deadline passed.
  record Timeout(String message) implements ServiceError {}

  /// A bug of ours; the message says no more than that.
  record Internal(String message) implements ServiceError {}
}
