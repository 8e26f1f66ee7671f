package dev.purser.ingest;

import org.jspecify.annotations.Nullable;

/// Who a batch of lines is sent to. Immutable.
sealed interface Destination {

  /// One customer.
  record OfCustomer(String id) implements Destination {}

  /// The partition that owns records of a type.
  record OfRecords(String type, int partition) implements Destination {}

  /// The customer, or null.
  default @Nullable String customer() {
    return this instanceof OfCustomer(String id) ? id : null;
  }
}
