package dev.purser.database;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A write that concerns no customer's aggregate. It joins group commits like a save, and is
/// answered with the number of rows it touched.
public sealed interface Chore {

  /// Keeps dead letters, replacing those of the same derived id and reason; beyond `keep` the
  /// oldest go.
  record KeepLetters(List<Letter> letters) implements Chore {
    public KeepLetters {
      letters = List.copyOf(letters);
    }
  }

  record DropLetter(long id) implements Chore {}

  /// Drops these letters, as far as they are there.
  record DropLetterIds(List<Long> ids) implements Chore {
    public DropLetterIds {
      ids = List.copyOf(ids);
    }
  }

  /// Drops the letters of a run, of a reason, or of both together; at least one is named.
  record DropLetters(@Nullable String run, @Nullable String reason) implements Chore {}

  /// Drops letters older than `beforeMillis`, then the oldest beyond `keep`.
  record ExpireLetters(long beforeMillis, long keep) implements Chore {}

  /// Inserts or replaces a run. A running one is seen by that.
  record KeepRun(RunRow run) implements Chore {}

  /// A sign of life of a running run, also of one that was taken for dead. A run that has ended
  /// stays as it is, so that a sign that comes late does no harm.
  record SeeRun(String id) implements Chore {}

  /// Marks runs that a dead process left as running: those that gave no sign of life for
  /// `unseenMillis` of the database's clock.
  ///
  /// @param starting whether the process has no run yet; where no other process can use the
  ///   database, none is alive then
  record InterruptRuns(boolean starting, long unseenMillis) implements Chore {}

  record LiftSuppression(String customer) implements Chore {}

  /// Drops the letters that name a customer who has never been made, or not again.
  record DropLettersOf(String customer) implements Chore {}

  /// The cache has confirmed these erasures.
  record ForgetErasures(List<Query.Erasure> erasures) implements Chore {
    public ForgetErasures {
      erasures = List.copyOf(erasures);
    }
  }
}
