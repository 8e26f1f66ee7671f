package dev.purser.slots;

import java.util.function.BooleanSupplier;

/// A unit of work that travels to a connection and, with its result inside, back to the owner of
/// the slots. Whoever holds it may touch it: the owner before it is sent and after it came back,
/// the session in between.
///
/// @param <C> the connection
@FunctionalInterface
public interface Work<C> {

  /// Runs on the session's thread. What concerns the callers is kept inside the work; what leaves
  /// as an exception says that the connection must not be used any more.
  ///
  /// @param overran whether the time limit has passed and the connection was interrupted
  void run(C connection, BooleanSupplier overran) throws Exception;

  /// What kind of work it is, for the log of slow work: never a value that a caller sent.
  default String name() {
    return "work";
  }

  /// The longest it may run, in milliseconds.
  ///
  /// @param usual the slot's limit
  default long limitMillis(long usual) {
    return usual;
  }
}
