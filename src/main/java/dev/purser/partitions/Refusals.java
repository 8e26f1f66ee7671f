package dev.purser.partitions;

import dev.purser.faults.DatabaseCause;
import dev.purser.faults.ServiceError;

/// Why a partition does not do what it is asked.
final class Refusals {
  static final ServiceError LOADING =
      new ServiceError.Database(DatabaseCause.UNREACHABLE, "this part is still being loaded");
  static final ServiceError RESTARTING =
      new ServiceError.Overloaded("This part has failed and is being loaded anew");
  static final ServiceError UNKNOWN =
      new ServiceError.Timeout("The outcome is unknown; repeat the same request");
  static final ServiceError LATE =
      new ServiceError.Timeout("The deadline passed before the change was begun");
  static final ServiceError OUTDATED =
      new ServiceError.Database(
          DatabaseCause.LEASE, "this part may be out of date: the node's lease is not renewed");
  static final ServiceError FULL = new ServiceError.Overloaded("Too many changes are waiting");
  static final ServiceError LEAVING = new ServiceError.Overloaded("The node is leaving");
  static final ServiceError MOVING =
      new ServiceError.Conflict("The record is being changed by another owner");

  private Refusals() {}
}
