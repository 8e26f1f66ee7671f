package dev.purser.database;

import dev.purser.faults.ServiceError;

/// A load or a question that waits or is in hand.
sealed interface PendingRead permits PendingLoad, PendingAsk {
  long deadlineMillis();

  /// When it was asked, by `System.nanoTime()`.
  long queuedNanos();

  /// Tells the caller that it is not answered.
  void refuse(ServiceError error);
}
