package dev.purser.database;

import dev.purser.ledger.Profile;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What the stores of all products have in common: the rows of the ledger and what is asked of and
/// done to them. Products add how a connection is opened and closed, and its transactions. Confined
/// to the session that owns the connection.
abstract class LedgerStore implements Store {
  private final Statements statements;
  private final Fences fences;
  private final CustomerRows customers;
  private final ErasureRows erasures;
  private final SaveBatch saves;
  private final EventPages pages;
  private final Segments segments;
  private final SettlementRows settlements;
  private final LetterRows letters;
  private final RunRows runs;
  private final RecordRows records;
  private final TastePages tastes;

  LedgerStore(Statements statements, CustomerRows customers, Fences fences) {
    this.statements = statements;
    this.fences = fences;
    this.customers = customers;
    this.letters = new LetterRows(statements);
    this.settlements = new SettlementRows(statements);
    this.erasures = new ErasureRows(statements, letters, settlements);
    this.saves = new SaveBatch(statements, fences, customers, erasures);
    this.pages = new EventPages(statements);
    this.segments = new Segments(statements);
    this.runs = new RunRows(statements);
    this.tastes = new TastePages(statements, erasures);
    this.records = new RecordRows(statements, fences.ofManyWriters());
  }

  /// Whether other processes may use the database at the same time.
  abstract boolean shared();

  /// Opens a transaction that writes.
  abstract void begin() throws SQLException;

  /// Runs statements that only read on one state of the database: what is committed between two of
  /// them by another connection is seen by neither.
  abstract <T> T snapshot(Reading<T> reading) throws SQLException;

  /// Fails if another process may own still what is about to be loaded.
  void owned() throws SQLException {}

  /// Keeps what this process owns from others until the transaction that is open has ended; fails
  /// if it owns nothing.
  void leased() throws SQLException {}

  @FunctionalInterface
  interface Reading<T> {
    T read() throws SQLException;
  }

  final Statements statements() {
    return statements;
  }

  @Override
  public final <T> T answer(Query<T> query) throws SQLException {
    if (query.owned()) {
      owned();
    }
    return snapshot(() -> answerNow(query));
  }

  @Override
  public final List<Result> apply(List<Write> writes) throws SQLException {
    begin();
    fences.begin();
    leased();
    List<CustomerSave> batch = new ArrayList<>(writes.size());
    List<Write.OfRecords> kept = new ArrayList<>();
    for (Write write : writes) {
      switch (write) {
        case Write.OfCustomer(CustomerSave save, _) -> batch.add(save);
        case Write.OfRecords save -> kept.add(save);
        case Write.OfChore _ -> {} // below, each by itself
      }
    }
    var replies = saves.apply(batch).iterator();
    var keptReplies = records.apply(kept).iterator();
    List<Result> results = new ArrayList<>(writes.size());
    for (Write write : writes) {
      results.add(
          switch (write) {
            case Write.OfCustomer _ -> new Result.OfCustomer(replies.next());
            case Write.OfRecords _ -> new Result.OfRecords(keptReplies.next());
            case Write.OfChore(Chore chore) -> done(chore);
          });
    }
    return results;
  }

  /// What is stored of these customers, and what is left of absent ones.
  final Map<String, LoadReply.Loaded> loadNow(List<String> ids) throws SQLException {
    List<String> distinct = ids.stream().distinct().toList();
    Map<String, Profile> found = customers.load(distinct);
    List<String> absent = distinct.stream().filter(id -> !found.containsKey(id)).toList();
    Map<String, LoadReply.Loaded> loaded = new HashMap<>();
    found.forEach((id, profile) -> loaded.put(id, new LoadReply.Loaded(profile, 0, false)));
    if (!absent.isEmpty()) {
      erasures
          .traces(absent)
          .forEach(
              (id, t) ->
                  loaded.put(
                      id, new LoadReply.Loaded(Profile.absent(id), t.floor(), t.suppressed())));
    }
    return loaded;
  }

  @SuppressWarnings("unchecked") // each question names its answer in its type
  private <T> T answerNow(Query<T> query) throws SQLException {
    return (T)
        switch (query) {
          case Query.Purchases q -> pages.purchases(q);
          case Query.OnePurchase q -> pages.purchase(q);
          case Query.Refunds q -> pages.refunds(q);
          case Query.OneRefund q -> pages.refund(q);
          case Query.Segment q -> segments.page(q);
          case Query.PendingCustomers q -> segments.pending(q);
          case Query.SettlementSums q -> settlements.total(q.settlement());
          case Query.Letters q -> letters.page(q);
          case Query.OneLetter q -> letters.one(q.id());
          case Query.LettersBeyond q -> letters.beyond(q.keep());
          case Query.RunsBeyond q -> runs.beyond(q.keep());
          case Query.SettlementsBeyond q -> settlements.beyond(q.keep());
          case Query.Runs q -> runs.page(q);
          case Query.OneRun q -> runs.one(q.id());
          case Query.RunByKey q -> runs.byKey(q);
          case Query.Records q -> records.page(q);
          case Query.SomeRecords q -> records.some(q);
          case Query.TasteEvents q -> tastes.events(q);
          case Query.CustomerVersions q -> tastes.versions(q);
          case Query.PendingErasures q -> erasures.pending(q.limit());
        };
  }

  private Result.OfChore done(Chore chore) throws SQLException {
    return chore instanceof Chore.InPieces all ? piece(all) : new Result.OfChore(run(chore), null);
  }

  private Result.OfChore piece(Chore.InPieces chore) throws SQLException {
    Piece piece = new Piece();
    Chore rest =
        switch (chore) {
          case Chore.DropLetters c -> letters.drop(c, piece);
          case Chore.DropLettersOf c -> letters.dropOf(c, piece);
          case Chore.ExpireLetters c -> letters.expire(c, piece);
          case Chore.ExpireRuns c -> runs.expire(c, piece);
          case Chore.ExpireSettlements c -> settlements.expire(c, piece);
          case Chore.Purge c -> erasures.purge(c, piece);
        };
    return new Result.OfChore(piece.deleted(), rest);
  }

  private long run(Chore chore) throws SQLException {
    return switch (chore) {
      case Chore.KeepLetters c -> letters.keep(c.letters());
      case Chore.DropLetter c -> letters.drop(c.id());
      case Chore.DropLetterIds c -> letters.drop(c.ids());
      case Chore.KeepRun c -> runs.keep(c.run());
      case Chore.SeeRun c -> runs.see(c);
      case Chore.ContinueRun c -> runs.proceed(c);
      case Chore.CancelRun c -> runs.cancel(c.id());
      case Chore.InterruptRuns(boolean starting, long unseenMillis) ->
          runs.interrupt(starting && !shared() ? 0 : unseenMillis);
      case Chore.LiftSuppression c -> erasures.lift(c.customer());
      case Chore.ForgetErasures c -> erasures.forget(c.erasures());
      case Chore.InPieces _ -> throw new IllegalStateException("done in pieces");
    };
  }
}
