package dev.purser.faults;

/// What is done about a failure. [#of(ServiceError, Phase)] is the only place where that is
/// decided, for slots, streams, cache and entities alike.
public enum Decision {
  /// Keep the process and its state; the error is the caller's answer, or its work is tried again.
  RESUME,
  /// Replace the process (with backoff where it owns a connection).
  RESTART,
  /// End the node: nothing below the operator can mend it. Travels as [Escalated].
  ESCALATE;

  public static Decision of(ServiceError error, Phase phase) {
    return switch (error) {
      case ServiceError.Database d -> of(d.cause(), phase);
      case ServiceError.Cache _, ServiceError.Internal _ -> RESTART;
      case ServiceError.PoolExhausted _,
          ServiceError.Validation _,
          ServiceError.NotFound _,
          ServiceError.Conflict _,
          ServiceError.Precondition _,
          ServiceError.Overloaded _,
          ServiceError.Timeout _ ->
          RESUME;
    };
  }

  /// The decision about anything that was thrown: what is not recognised is a bug.
  public static Decision of(Throwable failure, Phase phase) {
    return switch (failure) {
      case Escalated _ -> ESCALATE;
      case Fault f -> of(f.error(), phase);
      default -> RESTART;
    };
  }

  private static Decision of(DatabaseCause cause, Phase phase) {
    return switch (cause) {
      case UNREACHABLE, UNKNOWN -> RESTART;
      case BUSY, LEASE, BAD_DATA -> RESUME;
      case SETUP ->
          switch (phase) {
            case STARTING -> ESCALATE;
            case SERVING -> RESTART;
          };
      case CORRUPT -> ESCALATE;
    };
  }
}
