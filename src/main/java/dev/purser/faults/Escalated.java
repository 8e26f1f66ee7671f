package dev.purser.faults;

import org.jspecify.annotations.Nullable;

/// A failure that must end the node. Supervisors stop on it before any restart strategy could
/// swallow it, and the guardian prints the sentence and exits with code 1.
public final class Escalated extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// @param sentence one sentence that says what to mend
  public Escalated(String sentence, @Nullable Throwable cause) {
    super(sentence, cause);
  }

  /// The one sentence for the operator.
  public String sentence() {
    return String.valueOf(getMessage());
  }
}
