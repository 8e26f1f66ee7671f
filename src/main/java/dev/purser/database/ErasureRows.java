package dev.purser.database;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is left of erased customers: an outbox row until the cache has forgotten them too, the
/// version below which none may start again, and the hashes of suppressed ids. Confined to the
/// session that owns the connection.
final class ErasureRows {
  /// Nothing is known of an erased predecessor.
  static final Trace NO_TRACE = new Trace(0, null, false, false);

  /// Without these rows, of which each customer has few, readers see nothing of a customer.
  private static final List<String> ERASE =
      List.of(
          "DELETE FROM preferences WHERE customer = ?",
          "DELETE FROM totals WHERE customer = ?",
          "DELETE FROM customers WHERE id = ?");

  /// Tables of events, of which a customer may have any number.
  private static final List<String> EVENTS = List.of("purchases", "refunds");

  private static final int SETTLEMENTS = EVENTS.size();
  private static final int LETTERS = SETTLEMENTS + 1;

  private static final String KEEP =
      "INSERT INTO erasures (customer, version, change_id, purging) VALUES (?,?,?,?)"
          + " ON CONFLICT (customer) DO UPDATE SET version = excluded.version,"
          + " change_id = excluded.change_id, purging = excluded.purging";
  // It locks the row: a piece of another session cannot delete what is made anew after the last.
  private static final String HOLD =
      "UPDATE erasures SET purging = 1 WHERE customer = ? AND purging = 1";
  private static final String PURGED = "UPDATE erasures SET purging = 0 WHERE customer = ?";
  // One statement, so that an erasure that is being forgotten is seen here or in the floor.
  private static final Shape TRACES =
      Shape.rows(
          "WITH k (customer, hash) AS (",
          2,
          ") SELECT k.customer, f.version, e.version, e.change_id, s.hash IS NOT NULL,"
              + " e.purging"
              + " FROM k CROSS JOIN erased_floor f"
              + " LEFT JOIN erasures e ON e.customer = k.customer"
              + " LEFT JOIN suppressions s ON s.hash = k.hash");
  private static final String FORGET =
      "DELETE FROM erasures WHERE customer = ? AND version = ? AND purging = 0";
  private static final String PENDING =
      "SELECT customer, version, purging FROM erasures ORDER BY purging DESC, customer LIMIT ?";
  private static final String RAISE_FLOOR = "UPDATE erased_floor SET version = ? WHERE version < ?";
  private static final String SUPPRESS =
      "INSERT INTO suppressions (hash) VALUES (?) ON CONFLICT DO NOTHING";
  private static final String LIFT = "DELETE FROM suppressions WHERE hash = ?";

  private final Statements statements;
  private final LetterRows letters;
  private final SettlementRows settlements;

  ErasureRows(Statements statements, LetterRows letters, SettlementRows settlements) {
    this.statements = statements;
    this.letters = letters;
    this.settlements = settlements;
  }

  /// What an absent customer must heed.
  ///
  /// @param floor no version up to this may be given out
  /// @param changeId the save that erased it, or null if that is forgotten or never was
  /// @param purging whether rows of it are left, so that it cannot be made anew yet
  record Trace(long floor, @Nullable Long changeId, boolean suppressed, boolean purging) {}

  /// The traces of absent customers; one for each.
  Map<String, Trace> traces(List<String> absent) throws SQLException {
    Map<String, Trace> traces = HashMap.newHashMap(absent.size());
    statements.among(
        TRACES,
        absent,
        (b, id) -> b.text(id).bytes(hash(id)),
        r -> traces.put(r.getString(1), trace(r)));
    return traces;
  }

  /// The version up to which an absent customer may have been erased.
  long floor(String absent) throws SQLException {
    return traces(List.of(absent)).getOrDefault(absent, NO_TRACE).floor();
  }

  private static Trace trace(ResultSet r) throws SQLException {
    return new Trace(
        Math.max(r.getLong(2), r.getLong(3)),
        CustomerRows.nullable(r, 4),
        r.getBoolean(5),
        r.getInt(6) == 1);
  }

  /// Takes a customer away from all readers, and deletes what is kept of it, letters too, as far as
  /// one piece goes. False if more is left, which is for [Chore.Purge].
  boolean erase(CustomerSave save, boolean suppress) throws SQLException {
    String customer = save.customer();
    for (String sql : ERASE) {
      var _ = statements.update(sql, b -> b.text(customer));
    }
    boolean gone = purged(new Chore.Purge(customer), new Piece()) == null;
    var _ =
        statements.update(
            KEEP,
            b ->
                b.text(customer)
                    .number(save.nextVersion())
                    .number(save.changeId())
                    .number(gone ? 0 : 1));
    if (suppress) {
      suppress(customer);
    }
    return gone;
  }

  void suppress(String customer) throws SQLException {
    var _ = statements.update(SUPPRESS, b -> b.bytes(hash(customer)));
  }

  /// One piece of the deletion of what an erasure has left; the next one, or null if that was the
  /// last, or if nothing is left.
  @Nullable Chore purge(Chore.Purge chore, Piece piece) throws SQLException {
    if (statements.update(HOLD, b -> b.text(chore.customer())) == 0) {
      return null;
    }
    Chore rest = purged(chore, piece);
    if (rest == null) {
      var _ = statements.update(PURGED, b -> b.text(chore.customer()));
    }
    return rest;
  }

  private @Nullable Chore purged(Chore.Purge chore, Piece piece) throws SQLException {
    String customer = chore.customer();
    String after = chore.after();
    for (int table = chore.table(); table <= LETTERS; table++) {
      if (piece.room() == 0) {
        return new Chore.Purge(customer, table, after);
      }
      String last =
          table < SETTLEMENTS
              ? events(EVENTS.get(table), customer, after, piece)
              : table == SETTLEMENTS
                  ? settlements.dropOf(customer, piece) ? null : ""
                  : letters(customer, after, piece);
      if (last != null) {
        return new Chore.Purge(customer, table, last);
      }
      after = "";
    }
    return null;
  }

  /// The empty text sorts before every id.
  private @Nullable String events(String table, String customer, String after, Piece piece)
      throws SQLException {
    int limit = piece.room();
    List<String> page =
        statements.list(
            "SELECT id FROM " + table + " WHERE customer = ? AND id > ? ORDER BY id LIMIT ?",
            b -> b.text(customer).text(after).number(limit),
            row -> row.getString(1));
    String delete = "DELETE FROM " + table + " WHERE customer = ? AND id = ?";
    return piece.delete(
        page,
        limit,
        _ -> true,
        _ -> 0,
        gone -> statements.updateAll(delete, gone, (b, id) -> b.text(customer).text(id)));
  }

  private @Nullable String letters(String customer, String after, Piece piece) throws SQLException {
    long afterId = after.isEmpty() ? 0 : Long.parseLong(after);
    return letters.dropOf(new Chore.DropLettersOf(customer, afterId), piece)
            instanceof Chore.DropLettersOf rest
        ? Long.toString(rest.afterId())
        : null;
  }

  /// Forgets erasures that the cache has confirmed; their versions stay a floor for all.
  long forget(List<Query.Erasure> erasures) throws SQLException {
    long floor = erasures.stream().mapToLong(Query.Erasure::version).max().orElse(0);
    var _ = statements.update(RAISE_FLOOR, b -> b.number(floor).number(floor));
    return statements.updateAll(
        FORGET, erasures, (b, e) -> b.text(e.customer()).number(e.version()));
  }

  List<Query.Erasure> pending(int limit) throws SQLException {
    return statements.list(
        PENDING,
        b -> b.number(limit),
        r -> new Query.Erasure(r.getString(1), r.getLong(2), r.getInt(3) == 1));
  }

  long lift(String customer) throws SQLException {
    return statements.update(LIFT, b -> b.bytes(hash(customer)));
  }

  private static byte[] hash(String id) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java runtime has SHA-256.", e);
    }
  }
}
