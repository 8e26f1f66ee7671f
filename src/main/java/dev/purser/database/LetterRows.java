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

/// Dead letters. A letter that comes again replaces what was known of it and keeps its id, so that
/// whoever replays page by page does not meet it a second time. Confined to the session that owns
/// the connection.
final class LetterRows {
  private static final String COLUMNS =
      "id, run, line, reason, code, message, raw, profile, header, derived_id, customer,"
          + " at_millis";
  private static final Shape KEEP =
      Shape.rows(
          "INSERT INTO letters (run, line, reason, code, message, raw, profile, header,"
              + " derived_id, customer, at_millis) ",
          11,
          " ON CONFLICT (derived_id, reason, coalesce(profile, '')) DO UPDATE SET"
              + " run = excluded.run, line = excluded.line, code = excluded.code,"
              + " message = excluded.message, raw = excluded.raw, header = excluded.header,"
              + " customer = excluded.customer, at_millis = excluded.at_millis");
  private static final String ONE = "SELECT " + COLUMNS + " FROM letters WHERE id = ?";
  private static final String DROP = "DELETE FROM letters WHERE id = ?";
  private static final String DROP_OLDER = "DELETE FROM letters WHERE at_millis < ?";
  private static final String DROP_BEYOND =
      "DELETE FROM letters WHERE id <= (SELECT id FROM letters ORDER BY id DESC LIMIT 1 OFFSET ?)";
  private static final int LONG_ROWS = 16;
  private static final String OF_RUN = " AND run = ?";
  private static final String OF_REASON = " AND ? IN (reason, code)";

  private final Statements statements;

  LetterRows(Statements statements) {
    this.statements = statements;
  }

  private record Identity(String derivedId, String reason, @Nullable String profile) {}

  long keep(List<Letter> letters) throws SQLException {
    // A statement may touch no row twice: of letters that replace each other the last one counts.
    Map<Identity, Letter> last = LinkedHashMap.newLinkedHashMap(letters.size());
    for (Letter letter : letters) {
      last.put(new Identity(letter.derivedId(), letter.reason(), letter.profile()), letter);
    }
    var _ = statements.write(KEEP, new ArrayList<>(last.values()), LetterRows::bind);
    return letters.size();
  }

  long drop(long id) throws SQLException {
    return statements.update(DROP, b -> b.number(id));
  }

  long drop(List<Long> ids) throws SQLException {
    long rows = 0;
    for (long id : ids) {
      rows += drop(id);
    }
    return rows;
  }

  long dropOf(String customer) throws SQLException {
    return statements.update("DELETE FROM letters WHERE customer = ?", b -> b.text(customer));
  }

  long drop(Chore.DropLetters chore) throws SQLException {
    if (chore.run() == null && chore.reason() == null) {
      throw new IllegalArgumentException("Dropping letters needs a run or a reason.");
    }
    return statements.update(
        "DELETE FROM letters WHERE TRUE" + filter(chore.run(), chore.reason()),
        b -> bind(b, chore.run(), chore.reason()));
  }

  long expire(Chore.ExpireLetters chore) throws SQLException {
    long rows = statements.update(DROP_OLDER, b -> b.number(chore.beforeMillis()));
    return rows + statements.update(DROP_BEYOND, b -> b.number(chore.keep()));
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
