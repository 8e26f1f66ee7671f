package dev.purser.strings;

/// A string was not stored because a limit is reached; nothing was changed. Deleting what holds
/// other strings makes room, so the same call may succeed later.
public final class PoolFull extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String limit;

  /// @param limit the name of the limit, as in the metric `limit_hit_total{limit}`
  /// @param message a sentence for the caller
  public PoolFull(String limit, String message) {
    // Without a stack trace: it is an answer, and thrown for every write while the pool is full.
    super(message, null, false, false);
    this.limit = limit;
  }

  /// The name of the limit, as in the metric `limit_hit_total{limit}`.
  public String limit() {
    return limit;
  }
}
