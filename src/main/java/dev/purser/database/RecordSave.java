package dev.purser.database;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One save of some records of one share. Each record is fenced by itself: one that has moved takes
/// only itself out.
///
/// @param changeId random and unique to this save; written rows keep it, so that running the same
///   save again after an unknown outcome tells the truth
/// @param changes of distinct ids
public record RecordSave(Share share, long changeId, List<Change> changes) {

  public RecordSave {
    changes = List.copyOf(changes);
    Set<String> ids = HashSet.newHashSet(changes.size());
    for (Change change : changes) {
      if (!ids.add(change.id())) {
        throw new IllegalArgumentException("a save has two changes of one record");
      }
    }
  }

  /// What becomes of one record.
  ///
  /// @param base the version that must stand, 0 if the record must be absent
  /// @param version what it gets, above every earlier one of this id
  /// @param content handed over and never changed by anyone; null deletes the record
  @SuppressWarnings("ArrayRecordComponent") // a documented hand-over, compared by nobody
  public record Change(int slice, String id, long base, long version, byte @Nullable [] content) {}
}
