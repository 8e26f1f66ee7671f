package dev.purser.database;

import dev.purser.faults.ServiceError;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.jspecify.annotations.Nullable;

/// How the database stands, for readiness and for operators. Immutable.
///
/// @param ready whether every slot has been open since the node started
/// @param reading whether loads and questions are answered
/// @param writing whether saves are taken
/// @param paused whether an operator has paused it
/// @param trouble one sentence that says what is wrong, or null
public record Standing(
    boolean ready, boolean reading, boolean writing, boolean paused, @Nullable String trouble)
    implements NoSerializationVerificationNeeded {

  /// @param reads why reads are not answered, or null
  /// @param writes why writes are not taken, or null
  static Standing of(
      boolean ready, boolean paused, @Nullable ServiceError reads, @Nullable ServiceError writes) {
    ServiceError trouble = writes == null ? reads : writes;
    return new Standing(
        ready, reads == null, writes == null, paused, trouble == null ? null : trouble.message());
  }

  /// Whether the node serves less than it should.
  public boolean degraded() {
    return ready && !(reading && writing && !paused);
  }
}
