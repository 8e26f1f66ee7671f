package dev.purser.slots;

import java.util.regex.Pattern;

/// Carries what a connection threw out of its session, so that checked exceptions and errors end
/// the session alone and never the process.
public final class SessionFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// By name: this package knows no driver.
  private static final Pattern DRIVER =
      Pattern.compile("(java\\.sql|org\\.sqlite|org\\.postgresql)\\..*");

  SessionFailed(Throwable cause) {
    super(String.valueOf(cause.getMessage()), cause);
  }

  /// Whether `failure` is a driver's, or a session's that a driver caused: its slot decides and
  /// says so in a sentence, and a stack adds nothing. Anything else that ends a session is a bug.
  public static boolean toldByDriver(Throwable failure) {
    return DRIVER.matcher(origin(failure).getClass().getName()).matches();
  }

  /// What the connection threw, or the failure itself if it came from the session.
  static Throwable origin(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof SessionFailed && cause != null ? cause : failure;
  }
}
