package dev.purser.customers;

import dev.purser.database.CustomerSave;
import dev.purser.database.SaveReply;
import org.jspecify.annotations.Nullable;

/// Whoever wants to know what has been saved of customers. Safe for many threads; must not wait.
@FunctionalInterface
public interface Following {
  Following NOBODY = (_, _) -> {};

  /// A save has ended; told before its callers are.
  ///
  /// @param saved null if its outcome is unknown
  void ended(CustomerSave save, SaveReply.@Nullable Saved saved);
}
