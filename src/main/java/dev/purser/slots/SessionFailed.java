package dev.purser.slots;

/// Carries what a connection threw out of its session, so that checked exceptions and errors end
/// the session alone and never the process.
final class SessionFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SessionFailed(Throwable cause) {
    super(String.valueOf(cause.getMessage()), cause);
  }

  /// What the connection threw, or the failure itself if it came from the session.
  static Throwable origin(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof SessionFailed && cause != null ? cause : failure;
  }
}
