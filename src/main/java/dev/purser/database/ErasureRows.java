package dev.purser.database;

import dev.purser.database.Statements.Shape;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
      "INSERT OR REPLACE INTO erasures (customer, version, change_id) VALUES (?,?,?)";
  private static final Shape FIND =
      new Shape("SELECT customer, version, change_id FROM erasures WHERE customer IN (", "?", ")");
  private static final String FORGET = "DELETE FROM erasures WHERE customer = ? AND version = ?";
  private static final String PENDING =
      "SELECT customer, version FROM erasures ORDER BY customer LIMIT ?";
  private static final String RAISE_FLOOR = "UPDATE erased_floor SET version = max(version, ?)";
  private static final String STATE =
      "SELECT version, EXISTS (SELECT 1 FROM erasures), EXISTS (SELECT 1 FROM suppressions)"
          + " FROM erased_floor";
  private static final String SUPPRESS = "INSERT OR IGNORE INTO suppressions (hash) VALUES (?)";
  private static final Shape SUPPRESSED =
      new Shape("SELECT hash FROM suppressions WHERE hash IN (", "?", ")");
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

  private record State(long floor, boolean erasures, boolean suppressions) {}

  /// The traces of absent customers; one for each.
  Map<String, Trace> traces(List<String> absent) throws SQLException {
    State state =
        statements.first(
            STATE, _ -> {}, r -> new State(r.getLong(1), r.getBoolean(2), r.getBoolean(3)));
    State known = Objects.requireNonNull(state, "erased_floor has one row");
    Map<String, Trace> traces = new HashMap<>();
    for (String id : absent) {
      traces.put(id, new Trace(known.floor, null, false));
    }
    if (known.erasures) {
      statements.among(
          FIND,
          absent,
          Statements.Binder::text,
          r ->
              traces.put(
                  r.getString(1),
                  new Trace(Math.max(known.floor, r.getLong(2)), r.getLong(3), false)));
    }
    if (known.suppressions) {
      markSuppressed(absent, traces);
    }
    return traces;
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
      var _ = statements.update(RAISE_FLOOR, b -> b.number(e.version()));
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

  private void markSuppressed(List<String> absent, Map<String, Trace> traces) throws SQLException {
    Map<String, String> ids = new HashMap<>();
    for (String id : absent) {
      ids.put(HexFormat.of().formatHex(hash(id)), id);
    }
    statements.among(
        SUPPRESSED,
        absent,
        (b, id) -> b.bytes(hash(id)),
        r -> {
          String id = ids.get(HexFormat.of().formatHex(r.getBytes(1)));
          if (id != null) {
            traces.computeIfPresent(id, (_, t) -> new Trace(t.floor, t.changeId, true));
          }
        });
  }

  private static byte[] hash(String id) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java runtime has SHA-256.", e);
    }
  }
}
