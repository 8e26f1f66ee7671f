package dev.purser.tls;

import org.jspecify.annotations.Nullable;

/// Files of TLS that cannot be used. The message is one clause that names the file and says what to
/// mend.
public final class UnusableTls extends Exception {
  private static final long serialVersionUID = 1L;

  UnusableTls(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /// The clause.
  public String clause() {
    return String.valueOf(getMessage());
  }
}
