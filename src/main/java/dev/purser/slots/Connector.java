package dev.purser.slots;

import dev.purser.faults.ServiceError;

/// How connections of one kind are opened, and what their failures mean. Safe for many threads.
///
/// @param <C> the connection, confined to its session but for [#interrupt]
public interface Connector<C> {

  /// Opens a connection. May block, for a time that it limits itself. It looks the host up anew, so
  /// that a fail-over by name is followed.
  C open() throws Exception;

  /// Fails if the connection cannot be used.
  void validate(C connection) throws Exception;

  /// Makes a call that is running on the session's thread return soon. Called from other threads,
  /// never after [#close]; must not block. It may leave the connection unusable: that is closed
  /// afterwards in any case.
  void interrupt(C connection);

  void close(C connection) throws Exception;

  /// What a failure of this connection means. The message is one sentence for an operator.
  ServiceError explain(Throwable failure);
}
