package dev.purser.database;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A write that concerns no customer's aggregate. It joins group commits like a save, and is
/// answered with the number of rows it touched.
///
/// What may touch any number of rows is done in pieces ([Piece]): each is a unit of work of its own
/// in the bulk lane, begun where the one before has ended, until nothing is left. It does not end
/// with its deadline or its caller's patience.
public sealed interface Chore {

  /// One of those that are done in pieces.
  sealed interface InPieces extends Chore {}

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

  /// Drops the letters of a run, of a reason, or of both together, that are there when it begins;
  /// at least one is named.
  ///
  /// @param afterId where this piece begins
  /// @param lastId the last one of all, or -1 if that is to be found out
  record DropLetters(@Nullable String run, @Nullable String reason, long afterId, long lastId)
      implements InPieces {
    public DropLetters(@Nullable String run, @Nullable String reason) {
      this(run, reason, 0, -1);
    }
  }

  /// Drops letters up to a place in the order of their times.
  ///
  /// @param after where this piece begins
  record ExpireLetters(Query.LetterPlace upTo, Query.LetterPlace after) implements InPieces {
    public ExpireLetters(Query.LetterPlace upTo) {
      this(upTo, new Query.LetterPlace(-1, 0));
    }
  }

  /// Drops runs that have ended and whose ids are up to `upToId`.
  ///
  /// @param afterId where this piece begins
  record ExpireRuns(String upToId, String afterId) implements InPieces {
    public ExpireRuns(String upToId) {
      this(upToId, "");
    }
  }

  /// Forgets settlements made before `beforeMillis`: their ids are new again.
  record ExpireSettlements(long beforeMillis) implements InPieces {}

  /// Deletes the remaining rows of an erased customer, which no reader sees any more. It may be
  /// done again, by several at once: it ends where nothing is left.
  ///
  /// @param table which one this piece begins with
  /// @param after where in it
  record Purge(String customer, int table, String after) implements InPieces {
    public Purge(String customer) {
      this(customer, 0, "");
    }
  }

  /// Inserts a run, or moves it forward: what has ended, or is another attempt's, stays as it is,
  /// so that of two writes the one that was made first cannot overtake the other. A running run is
  /// seen by that. 0 rows if it was not moved, or if another run of its kind holds the key.
  record KeepRun(RunRow run) implements Chore {}

  /// A sign of life of a running run, also of one that was taken for dead. A run that has ended
  /// stays as it is, so that a sign that comes late does no harm.
  record SeeRun(String id, long attempt) implements Chore {}

  /// Continues a run that has not come to its end: from now on it is `attempt`'s. 0 rows if it is
  /// done, or was continued meanwhile.
  ///
  /// @param known the attempt that it is continued after
  record ContinueRun(String id, long known, long attempt) implements Chore {}

  /// Marks a running run as to be cancelled; the node that works on it ends it. 0 rows if none of
  /// that id is running.
  record CancelRun(String id) implements Chore {}

  /// Marks runs that a dead process left as running: those that gave no sign of life for
  /// `unseenMillis` of the database's clock. They are interrupted, or cancelled if that was asked.
  ///
  /// @param starting whether the process has no run yet; where no other process can use the
  ///   database, none is alive then
  record InterruptRuns(boolean starting, long unseenMillis) implements Chore {}

  record LiftSuppression(String customer) implements Chore {}

  /// Drops the letters that name a customer who has never been made, or not again.
  record DropLettersOf(String customer, long afterId) implements InPieces {
    public DropLettersOf(String customer) {
      this(customer, 0);
    }
  }

  /// The cache has confirmed these erasures.
  record ForgetErasures(List<Query.Erasure> erasures) implements Chore {
    public ForgetErasures {
      erasures = List.copyOf(erasures);
    }
  }
}
