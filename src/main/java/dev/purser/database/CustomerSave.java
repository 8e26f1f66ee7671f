package dev.purser.database;

import dev.purser.ledger.Change;
import dev.purser.ledger.Profile;
import java.util.List;

/// One save of one customer: the unit that is fenced, applied whole or not at all, and answered.
///
/// @param changeId random and unique to this save; inserted rows keep it, so that running the same
///   save again after an unknown outcome tells the truth
/// @param base the aggregate that the save builds on; version 0 if the customer was loaded as
///   absent
/// @param floor no version up to this one may be given out (the highest one of an erased
///   predecessor)
/// @param nowMillis the clock when the save was made; the new version is at least this
/// @param changes in the order in which they take effect; `Settle` only last, `Erase` only alone
public record CustomerSave(
    String customer,
    long changeId,
    Profile base,
    long floor,
    long nowMillis,
    List<Change> changes) {

  public CustomerSave {
    changes = List.copyOf(changes);
  }

  /// The version the customer has if this save changes anything: above every earlier one, the
  /// clock's milliseconds where that is possible.
  public long nextVersion() {
    return Math.max(nowMillis, Math.max(base.version(), floor) + 1);
  }
}
