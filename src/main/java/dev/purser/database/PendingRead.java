package dev.purser.database;

import dev.purser.faults.ServiceError;
import org.jspecify.annotations.Nullable;

/// A load or a question that waits or is in hand.
sealed interface PendingRead permits PendingLoad, PendingAsk {
  long deadlineMillis();

  /// When it was asked, by `System.nanoTime()`.
  long queuedNanos();

  /// What it is about, in the terms of [PendingWrite#key]: it waits for all earlier writes of that.
  /// Null if it waits for none.
  @Nullable Object key();

  /// Tells the caller that it is not answered.
  void refuse(ServiceError error);
}
