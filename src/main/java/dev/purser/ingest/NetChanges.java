package dev.purser.ingest;

import dev.purser.ledger.Replaced;
import java.util.LinkedHashMap;

/// The records that one run has changed and not changed back. An upload that holds several states
/// of a record goes through them again when it is sent again, and ends where it began: changes that
/// the same run takes back count as none.
///
/// Of records that stand changed at the same time, the latest are remembered, up to a limit; a
/// change that is forgotten is not seen to be taken back. Confined to the run that owns it.
final class NetChanges {
  private final int limit;
  private final LinkedHashMap<String, Standing> standing = new LinkedHashMap<>();

  /// A record that stands changed.
  ///
  /// @param before the digest of its state before the first of `lines` changes
  private record Standing(long before, long lines) {}

  NetChanges(int limit) {
    this.limit = limit;
  }

  /// Notes a change of the record `key`. Answers how many changes of it, this one among them, have
  /// come to nothing by now: 0 if it stands changed.
  long note(String key, Replaced change) {
    Standing earlier = standing.get(key);
    if (earlier == null) {
      keep(key, new Standing(change.was(), 1));
      return 0;
    }
    long lines = earlier.lines + 1;
    if (change.now() == earlier.before) {
      standing.remove(key);
      return lines;
    }
    standing.put(key, new Standing(earlier.before, lines));
    return 0;
  }

  private void keep(String key, Standing changed) {
    standing.put(key, changed);
    if (standing.size() > limit) {
      var _ = standing.pollFirstEntry();
    }
  }
}
