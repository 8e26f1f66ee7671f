package dev.purser.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Dead letters. The letter of a line that comes again replaces what was known of it and keeps its
/// id, so that a replay page by page does not meet it a second time. Another line stands beside it,
/// also under the same derived id: no text is lost. Confined to the session that owns the
/// connection.
final class LetterRows {
  private static final String COLUMNS =
      "id, run, line, reason, code, message, raw, profile, header, derived_id, customer,"
          + " at_millis";
  private static final String ONE = "SELECT " + COLUMNS + " FROM letters WHERE id = ?";
  private static final String DROP = "DELETE FROM letters WHERE id = ?";
  private static final String NEWEST = "SELECT coalesce(max(id), 0) FROM letters";
  // Nothing behind the raw text is read: SQLite would have to walk through all of that.
  private static final String LOOK =
      "SELECT id, reason, code, octet_length(raw) FROM letters WHERE id > ? AND id <= ?";
  private static final String IN_ORDER = " ORDER BY id LIMIT ?";
  private static final String OF_CUSTOMER =
      "SELECT id, reason, code, octet_length(raw) FROM letters WHERE customer = ? AND id > ?"
          + IN_ORDER;
  private static final String DROP_OF = "DELETE FROM letters WHERE id = ? AND customer = ?";
  private static final String BY_TIME =
      "SELECT at_millis, id, octet_length(raw) FROM letters"
          + " WHERE (at_millis, id) > (?, ?) AND (at_millis, id) <= (?, ?)"
          + " ORDER BY at_millis, id LIMIT ?";
  private static final String EXPIRE = "DELETE FROM letters WHERE id = ? AND at_millis = ?";
  private static final String BEYOND =
      "SELECT at_millis, id FROM letters ORDER BY at_millis DESC, id DESC LIMIT 1 OFFSET ?";
  private static final int LONG_ROWS = 16;
  private static final String OF_RUN = " AND run = ?";
  private static final String OF_REASON = " AND ? IN (reason, code)";

  private final Statements statements;
  private final Shape keep;

  LetterRows(Statements statements) {
    this.statements = statements;
    this.keep =
        Shape.rows(
            "INSERT INTO letters (run, line, reason, code, message, raw, profile, header,"
                + " derived_id, customer, at_millis) ",
            11,
            " ON CONFLICT (derived_id, reason, coalesce(profile, ''), "
                + statements.indexedRaw("raw")
                + ") DO UPDATE SET run = excluded.run, line = excluded.line, code = excluded.code,"
                + " message = excluded.message, header = excluded.header,"
                + " customer = excluded.customer, at_millis = excluded.at_millis"
                // What is tried again late does not replace what a later upload has left.
                + " WHERE excluded.at_millis >= letters.at_millis");
  }

  private record Identity(String derivedId, String reason, @Nullable String profile, String raw) {}

  long keep(List<Letter> letters) throws SQLException {
    // A statement may touch no row twice: of letters that replace each other the last one counts.
    Map<Identity, Letter> last = LinkedHashMap.newLinkedHashMap(letters.size());
    for (Letter letter : letters) {
      var identity =
          new Identity(letter.derivedId(), letter.reason(), letter.profile(), letter.raw());
      last.put(identity, letter);
    }
    var _ = statements.write(keep, new ArrayList<>(last.values()), LetterRows::bind);
    return letters.size();
  }

  long drop(long id) throws SQLException {
    return statements.update(DROP, b -> b.number(id));
  }

  long drop(List<Long> ids) throws SQLException {
    return statements.updateAll(DROP, ids, Binder::number);
  }

  /// A letter that is looked at in search of those that go.
  private record Seen(long id, String reason, String code, long bytes) {
    boolean isOf(@Nullable String filter) {
      return filter == null || filter.equals(reason) || filter.equals(code);
    }
  }

  private record Aged(Query.LetterPlace place, long bytes) {}

  /// One piece of dropping letters by a filter; the next one, or null if that was the last.
  ///
  /// Reasons stand in no index: each piece looks at so many letters, and goes on behind them.
  @Nullable Chore drop(Chore.DropLetters chore, Piece piece) throws SQLException {
    String run = chore.run();
    String reason = chore.reason();
    if (run == null && reason == null) {
      throw new IllegalArgumentException("Dropping letters needs a run or a reason.");
    }
    long last = chore.lastId() < 0 ? newest() : chore.lastId();
    List<Seen> page =
        statements.list(
            LOOK + filter(run, null) + IN_ORDER,
            b -> {
              var _ = b.number(chore.afterId()).number(last);
              bind(b, run, null);
              var _ = b.number(Piece.LOOKED_AT);
            },
            LetterRows::seen);
    String delete = DROP + filter(run, reason);
    Seen end =
        piece.delete(
            page,
            Piece.LOOKED_AT,
            letter -> letter.isOf(reason),
            Seen::bytes,
            gone ->
                statements.updateAll(
                    delete,
                    gone,
                    (b, letter) -> {
                      var _ = b.number(letter.id);
                      bind(b, run, reason);
                    }));
    return end == null ? null : new Chore.DropLetters(run, reason, end.id, last);
  }

  private long newest() throws SQLException {
    return statements.one(NEWEST, row -> row.getLong(1));
  }

  /// One piece of dropping the letters of a customer; the next one, or null if that was the last.
  @Nullable Chore dropOf(Chore.DropLettersOf chore, Piece piece) throws SQLException {
    int limit = piece.room();
    List<Seen> page =
        statements.list(
            OF_CUSTOMER,
            b -> b.text(chore.customer()).number(chore.afterId()).number(limit),
            LetterRows::seen);
    Seen end =
        piece.delete(
            page,
            limit,
            _ -> true,
            Seen::bytes,
            gone ->
                statements.updateAll(
                    DROP_OF, gone, (b, letter) -> b.number(letter.id).text(chore.customer())));
    return end == null ? null : new Chore.DropLettersOf(chore.customer(), end.id);
  }

  private static Seen seen(ResultSet row) throws SQLException {
    return new Seen(row.getLong(1), row.getString(2), row.getString(3), row.getLong(4));
  }

  /// One piece of the expiry; the next one, or null if that was the last.
  @Nullable Chore expire(Chore.ExpireLetters chore, Piece piece) throws SQLException {
    int limit = piece.room();
    List<Aged> page =
        statements.list(
            BY_TIME,
            b -> {
              bind(b, chore.after());
              bind(b, chore.upTo());
              var _ = b.number(limit);
            },
            row -> new Aged(place(row), row.getLong(3)));
    Aged end =
        piece.delete(
            page,
            limit,
            _ -> true,
            Aged::bytes,
            gone ->
                statements.updateAll(
                    EXPIRE, gone, (b, a) -> b.number(a.place.id()).number(a.place.atMillis())));
    return end == null ? null : new Chore.ExpireLetters(chore.upTo(), end.place);
  }

  Optional<Query.LetterPlace> beyond(long keep) throws SQLException {
    return Optional.ofNullable(statements.first(BEYOND, b -> b.number(keep), LetterRows::place));
  }

  private static Query.LetterPlace place(ResultSet row) throws SQLException {
    return new Query.LetterPlace(row.getLong(1), row.getLong(2));
  }

  private static void bind(Binder to, Query.LetterPlace place) throws SQLException {
    var _ = to.number(place.atMillis()).number(place.id());
  }

  List<Letter> page(Query.Letters q) throws SQLException {
    return statements.page(
        LONG_ROWS,
        "SELECT "
            + COLUMNS
            + " FROM letters WHERE id > ?"
            + filter(q.run(), q.reason())
            + " ORDER BY id LIMIT ?",
        b -> {
          var _ = b.number(q.afterId());
          bind(b, q.run(), q.reason());
          var _ = b.number(q.limit());
        },
        this::letter);
  }

  Optional<Letter> one(long id) throws SQLException {
    return Optional.ofNullable(statements.first(ONE, b -> b.number(id), this::letter));
  }

  private static String filter(@Nullable String run, @Nullable String reason) {
    return (run == null ? "" : OF_RUN) + (reason == null ? "" : OF_REASON);
  }

  private static void bind(Binder to, @Nullable String run, @Nullable String reason)
      throws SQLException {
    if (run != null) {
      var _ = to.text(run);
    }
    if (reason != null) {
      var _ = to.text(reason);
    }
  }

  private static void bind(Binder to, Letter letter) throws SQLException {
    to.text(letter.run())
        .number(letter.line())
        .text(letter.reason())
        .text(letter.code())
        .text(letter.message())
        .raw(letter.raw())
        .text(letter.profile())
        .raw(letter.header())
        .text(letter.derivedId())
        .text(letter.customer())
        .number(letter.atMillis());
  }

  private Letter letter(ResultSet row) throws SQLException {
    return new Letter(
        row.getLong(1),
        row.getString(2),
        row.getLong(3),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        Objects.requireNonNull(statements.raw(row, 7), "raw is never null"),
        row.getString(8),
        statements.raw(row, 9),
        row.getString(10),
        row.getString(11),
        row.getLong(12));
  }
}
