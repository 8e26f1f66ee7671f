package dev.purser.faults;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// A [ServiceError] on its way up a stack or a failed stage. Earlier attempts travel as suppressed
/// exceptions.
public final class Fault extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final transient ServiceError error;

  public Fault(ServiceError error, @Nullable Throwable cause) {
    super(error.code() + ": " + error.message(), cause);
    this.error = error;
  }

  public Fault(ServiceError error) {
    this(error, null);
  }

  public ServiceError error() {
    return error;
  }

  /// Why a stage failed, without the wrapping that later stages put around it.
  public static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
