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
  static final Trace NO_TRACE = new Trace(0, null, false);

  private static final List<String> ERASE =
      List.of(
          "DELETE FROM purchases WHERE customer = ?",
          "DELETE FROM refunds WHERE customer = ?",
          "DELETE FROM preferences WHERE customer = ?",
          "DELETE FROM totals WHERE customer = ?",
          "DELETE FROM settlements WHERE customer = ?",
          "DELETE FROM letters WHERE customer = ?",
          "DELETE FROM customers WHERE id = ?");
  private static final String KEEP =
      "INSERT INTO erasures (customer, version, change_id) VALUES (?,?,?)"
          + " ON CONFLICT (customer) DO UPDATE SET version = excluded.version,"
          + " change_id = excluded.change_id";
  // One statement, so that an erasure that is being forgotten is seen here or in the floor.
  private static final Shape TRACES =
      Shape.rows(
          "WITH k (customer, hash) AS (",
          2,
          ") SELECT k.customer, f.version, e.version, e.change_id, s.hash IS NOT NULL"
              + " FROM k CROSS JOIN erased_floor f"
              + " LEFT JOIN erasures e ON e.customer = k.customer"
              + " LEFT JOIN suppressions s ON s.hash = k.hash");
  private static final String FORGET = "DELETE FROM erasures WHERE customer = ? AND version = ?";
  private static final String PENDING =
      "SELECT customer, version FROM erasures ORDER BY customer LIMIT ?";
  private static final String RAISE_FLOOR = "UPDATE erased_floor SET version = ? WHERE version < ?";
  private static final String SUPPRESS =
      "INSERT INTO suppressions (hash) VALUES (?) ON CONFLICT DO NOTHING";
  private static final String LIFT = "DELETE FROM suppressions WHERE hash = ?";

  private final Statements statements;

  ErasureRows(Statements statements) {
    this.statements = statements;
  }

  /// What an absent customer must heed.
  ///
  /// @param floor no version up to this may be given out
  /// @param changeId the save that erased it, or null if that is forgotten or never was
  record Trace(long floor, @Nullable Long changeId, boolean suppressed) {}

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
        Math.max(r.getLong(2), r.getLong(3)), CustomerRows.nullable(r, 4), r.getBoolean(5));
  }

  /// Deletes all that is kept of a customer, letters too.
  void erase(CustomerSave save, boolean suppress) throws SQLException {
    for (String sql : ERASE) {
      var _ = statements.update(sql, b -> b.text(save.customer()));
    }
    var _ =
        statements.update(
            KEEP, b -> b.text(save.customer()).number(save.nextVersion()).number(save.changeId()));
    if (suppress) {
      var _ = statements.update(SUPPRESS, b -> b.bytes(hash(save.customer())));
    }
  }

  /// Forgets erasures that the cache has confirmed; their versions stay a floor for all.
  long forget(List<Query.Erasure> erasures) throws SQLException {
    long rows = 0;
    for (Query.Erasure e : erasures) {
      var _ = statements.update(RAISE_FLOOR, b -> b.number(e.version()).number(e.version()));
      rows += statements.update(FORGET, b -> b.text(e.customer()).number(e.version()));
    }
    return rows;
  }

  List<Query.Erasure> pending(int limit) throws SQLException {
    return statements.list(
        PENDING, b -> b.number(limit), r -> new Query.Erasure(r.getString(1), r.getLong(2)));
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
