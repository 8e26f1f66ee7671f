package dev.purser.database;

import dev.purser.database.Database.Lane;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Settle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A write that waits or is in hand. Confined to the database actor.
///
/// Writes of one key form a chain in the order in which they came: only the first of a chain stands
/// in a lane, [#next] waits for it, and [#parked] are the reads that came after it and before
/// `next`.
abstract sealed class PendingWrite {
  // What a row costs besides its texts: keys, numbers, index entries. Bounds need no precision.
  private static final int ROW_BYTES = 160;

  Lane lane;
  long deadlineMillis;
  long queuedNanos;
  final int rows;
  final long bytes;

  /// Since when it may be taken: no connection helps it while an earlier one of its customer runs.
  long readyNanos;

  /// Its outcome is unknown: it may be in the database already, and is run again until it is known.
  boolean again;

  /// It failed in company and is run once more, alone.
  boolean alone;

  /// How often it was put off after failing alone with its outcome unknown.
  int putOff;

  /// When it may run again after it was put off.
  long notBeforeMillis;

  /// It left its chain before its turn came.
  boolean unlinked;

  @Nullable PendingWrite next;
  @Nullable List<PendingRead> parked;

  private PendingWrite(Lane lane, long deadlineMillis, long queuedNanos, int rows, long bytes) {
    this.lane = lane;
    this.deadlineMillis = deadlineMillis;
    this.queuedNanos = queuedNanos;
    this.readyNanos = queuedNanos;
    this.rows = rows;
    this.bytes = bytes;
  }

  abstract Store.Write write();

  /// What it writes: a customer's id, a [Share] of records, or null if it is a chore.
  abstract @Nullable Object key();

  /// Whether this was a piece of it and the next one is to be run now.
  boolean goesOn(Store.Result result) {
    return false;
  }

  /// Tells the caller what was committed.
  abstract void answer(Store.Result result);

  /// Tells the caller that it was not applied.
  abstract void refuse(ServiceError error);

  final void park(PendingRead read) {
    List<PendingRead> reads = parked;
    if (reads == null) {
      reads = new ArrayList<>(1);
      parked = reads;
    }
    reads.add(read);
  }

  static PendingWrite of(Database.Save save, long queuedNanos) {
    return new OfSave(save, queuedNanos);
  }

  static PendingWrite of(Database.SaveRecords save, long queuedNanos) {
    return new OfRecords(save, queuedNanos);
  }

  static PendingWrite of(Database.Do chore, long queuedNanos) {
    return new OfChore(chore, queuedNanos);
  }

  private static final class OfSave extends PendingWrite {
    private final Database.Save command;

    OfSave(Database.Save command, long queuedNanos) {
      super(
          command.lane(),
          command.deadlineMillis(),
          queuedNanos,
          command.save().changes().size(),
          bytesOf(command.save().changes()));
      this.command = command;
    }

    @Override
    Store.Write write() {
      return new Store.Write.OfCustomer(command.save(), again);
    }

    @Override
    String key() {
      return command.save().customer();
    }

    @Override
    void answer(Store.Result result) {
      command
          .replyTo()
          .tell(
              result instanceof Store.Result.OfCustomer(SaveReply reply)
                  ? reply
                  : new SaveReply.NotSaved(
                      new ServiceError.Internal("a save was taken for a chore")));
    }

    @Override
    void refuse(ServiceError error) {
      command.replyTo().tell(new SaveReply.NotSaved(error));
    }
  }

  private static final class OfRecords extends PendingWrite {
    private final Database.SaveRecords command;

    OfRecords(Database.SaveRecords command, long queuedNanos) {
      super(
          command.lane(),
          command.deadlineMillis(),
          queuedNanos,
          command.save().changes().size(),
          bytesOf(command.save()));
      this.command = command;
    }

    @Override
    Store.Write write() {
      return new Store.Write.OfRecords(command.save(), again);
    }

    @Override
    Share key() {
      return command.save().share();
    }

    @Override
    void answer(Store.Result result) {
      command
          .replyTo()
          .tell(
              result instanceof Store.Result.OfRecords(RecordReply.Saved reply)
                  ? reply
                  : new RecordReply.NotSaved(
                      new ServiceError.Internal("records were taken for something else")));
    }

    @Override
    void refuse(ServiceError error) {
      command.replyTo().tell(new RecordReply.NotSaved(error));
    }
  }

  private static final class OfChore extends PendingWrite {
    private final Database.Do command;
    private Chore piece;
    private long touched;

    OfChore(Database.Do command, long queuedNanos) {
      super(
          command.lane(),
          command.deadlineMillis(),
          queuedNanos,
          rowsOf(command.chore()),
          bytesOf(command.chore()));
      this.command = command;
      this.piece = command.chore();
    }

    @Override
    Store.Write write() {
      return new Store.Write.OfChore(piece);
    }

    @Override
    boolean goesOn(Store.Result result) {
      if (!(result instanceof Store.Result.OfChore(long rows, Chore rest)) || rest == null) {
        return false;
      }
      touched += rows;
      piece = rest;
      again = false;
      alone = false;
      lane = Lane.BULK;
      // What was begun is finished, even if no caller waits for it any more.
      deadlineMillis = Long.MAX_VALUE;
      queuedNanos = System.nanoTime();
      readyNanos = queuedNanos;
      return true;
    }

    @Override
    @Nullable Object key() {
      return null;
    }

    @Override
    void answer(Store.Result result) {
      command
          .replyTo()
          .tell(
              result instanceof Store.Result.OfChore(long rows, var _)
                  ? new Database.Answer.Found<>(touched + rows)
                  : new Database.Answer.Failed<>(
                      new ServiceError.Internal("a chore was taken for a save")));
    }

    @Override
    void refuse(ServiceError error) {
      command.replyTo().tell(new Database.Answer.Failed<>(error));
    }
  }

  /// The rows of all of them.
  static long rows(Iterable<PendingWrite> writes) {
    long rows = 0;
    for (PendingWrite write : writes) {
      rows += write.rows;
    }
    return rows;
  }

  private static int rowsOf(Chore chore) {
    return switch (chore) {
      case Chore.KeepLetters(List<Letter> letters) -> letters.size();
      case Chore.DropLetterIds(List<Long> ids) -> ids.size();
      case Chore.ForgetErasures(List<Query.Erasure> erasures) -> erasures.size();
      case Chore.InPieces _ -> Piece.ROWS;
      case Chore.DropLetter _,
          Chore.KeepRun _,
          Chore.SeeRun _,
          Chore.ContinueRun _,
          Chore.CancelRun _,
          Chore.InterruptRuns _,
          Chore.LiftSuppression _ ->
          1;
    };
  }

  private static long bytesOf(Chore chore) {
    long bytes = ROW_BYTES;
    if (chore instanceof Chore.KeepLetters(List<Letter> letters)) {
      for (Letter letter : letters) {
        bytes += ROW_BYTES + letter.raw().length();
      }
    }
    return bytes;
  }

  private static long bytesOf(RecordSave save) {
    long bytes = 0;
    for (RecordSave.Change change : save.changes()) {
      byte[] content = change.content();
      bytes += ROW_BYTES + (content == null ? 0 : content.length);
    }
    return bytes;
  }

  private static long bytesOf(List<Change> changes) {
    long bytes = ROW_BYTES;
    for (Change change : changes) {
      bytes += ROW_BYTES;
      switch (change) {
        case Purchase p -> bytes += length(p.sku()) + length(p.description());
        case Refund r -> bytes += length(r.sku()) + length(r.description()) + length(r.reason());
        case Preferences p -> bytes += (long) ROW_BYTES * p.values().size();
        case Settle _, Erase _ -> {}
      }
    }
    return bytes;
  }

  private static int length(@Nullable String text) {
    return text == null ? 0 : text.length();
  }
}
