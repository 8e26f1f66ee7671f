package dev.purser.database;

import dev.purser.database.RecordReply.Fate;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The rows of `records`: fenced writes, many rows a statement, and pages of a share. Confined to
/// the session that owns the connection.
///
/// ## Concurrency
///
/// Where others write at the same time, rows that stand are locked when their fences are read, in
/// the order of their keys. A record that is to be made is inserted only where nobody else has made
/// it meanwhile, in the same order, and what stands then says whose it is.
final class RecordRows {
  // A cross join forces SQLite's order: a few keys, each found by the primary key.
  private static final String KEYS = "WITH k (collection, slice, id) AS (";
  private static final String BY_KEY =
      " FROM k CROSS JOIN records r"
          + " WHERE r.collection = k.collection AND r.slice = k.slice AND r.id = k.id";
  private static final String FENCE =
      ") SELECT r.collection, r.slice, r.id, r.version, r.change_id" + BY_KEY;
  private static final Shape FENCES = Shape.rows(KEYS, 3, FENCE);
  private static final Shape LOCKED_FENCES =
      Shape.rows(KEYS, 3, FENCE + " ORDER BY r.collection, r.slice, r.id FOR UPDATE OF r");
  private static final Shape SOME =
      Shape.rows(KEYS, 3, ") SELECT r.slice, r.id, r.version, r.content" + BY_KEY);
  private static final String INTO =
      "INSERT INTO records (collection, slice, id, version, change_id, content) ";
  private static final Shape MAKE = Shape.rows(INTO, 6, " ON CONFLICT DO NOTHING");
  private static final Shape REPLACE =
      Shape.rows(
          INTO,
          6,
          " ON CONFLICT (collection, slice, id) DO UPDATE SET version = excluded.version,"
              + " change_id = excluded.change_id, content = excluded.content");
  private static final Shape DELETE =
      Shape.rows("DELETE FROM records WHERE (collection, slice, id) IN (", 3, ")");
  private static final String RAISE_FLOOR =
      "INSERT INTO record_floors (collection, version) VALUES (?,?)"
          + " ON CONFLICT (collection) DO UPDATE SET version = excluded.version"
          + " WHERE record_floors.version < excluded.version";
  private static final String FLOOR = "SELECT version FROM record_floors WHERE collection = ?";
  private static final String PAGE =
      "SELECT slice, id, version, content FROM records WHERE collection = ?"
          + " AND (slice, id) > (?, ?) AND slice <= ? ORDER BY slice, id LIMIT ?";

  private final Statements statements;
  private final Shape fences;

  /// @param manyWriters whether other connections write at the same time
  RecordRows(Statements statements, boolean manyWriters) {
    this.statements = statements;
    this.fences = manyWriters ? LOCKED_FENCES : FENCES;
  }

  private record Key(String collection, int slice, String id) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int order = collection.compareTo(other.collection);
      order = order == 0 ? Integer.compare(slice, other.slice) : order;
      return order == 0 ? id.compareTo(other.id) : order;
    }
  }

  private record Fence(long version, long changeId) {}

  /// A change and what it needs of its save.
  private record Row(Key key, long changeId, RecordSave.Change change) {
    /// Whether it is for a record that is absent. Its insertion finds out if that is so: no fence
    /// is read before.
    boolean makes() {
      return change.base() == 0 && change.content() != null;
    }
  }

  /// What a batch is going to write, and what became of each change.
  private static final class Plan {
    final List<Row> made = new ArrayList<>();
    final List<Row> replaced = new ArrayList<>();
    final List<Row> deleted = new ArrayList<>();
    final Map<String, Long> floors = new TreeMap<>();
    final Set<Row> moved = new HashSet<>();
  }

  /// Applies saves of distinct shares within the transaction that is open; an answer for each, in
  /// their order.
  List<RecordReply.Saved> apply(List<Store.Write.OfRecords> writes) throws SQLException {
    if (writes.isEmpty()) {
      return List.of();
    }
    List<List<Row>> rows = writes.stream().map(w -> rows(w.save())).toList();
    List<Key> fenced =
        rows.stream().flatMap(List::stream).filter(row -> !row.makes()).map(Row::key).toList();
    Map<Key, Fence> standing = fences(fences, fenced);
    Plan plan = new Plan();
    for (int i = 0; i < writes.size(); i++) {
      for (Row row : rows.get(i)) {
        plan(plan, row, standing.get(row.key), writes.get(i).again());
      }
    }
    write(plan);
    return rows.stream().map(own -> reply(own, plan)).toList();
  }

  private static List<Row> rows(RecordSave save) {
    return save.changes().stream().map(c -> new Row(key(save, c), save.changeId(), c)).toList();
  }

  private static RecordReply.Saved reply(List<Row> rows, Plan plan) {
    List<Fate> fates = new ArrayList<>(rows.size());
    for (Row row : rows) {
      fates.add(plan.moved.contains(row) ? Fate.MOVED : Fate.SAVED);
    }
    return new RecordReply.Saved(fates);
  }

  private static void plan(Plan plan, Row row, @Nullable Fence fence, boolean again) {
    RecordSave.Change change = row.change;
    if (row.makes()) {
      plan.made.add(row);
    } else if ((fence == null ? 0 : fence.version) != change.base()) {
      if (!applied(row, fence, again)) {
        var _ = plan.moved.add(row);
      } else if (change.content() == null) {
        // Another owner may have deleted it under a lower version than the one that is answered.
        plan.floors.merge(row.key.collection, change.version(), Math::max);
      }
    } else if (change.content() == null) {
      plan.floors.merge(row.key.collection, change.version(), Math::max);
      if (fence != null) {
        plan.deleted.add(row);
      }
    } else {
      plan.replaced.add(row);
    }
  }

  /// Whether a change that misses its fence does so because it was committed before: its row says
  /// so, or it was a deletion, which leaves none.
  private static boolean applied(Row row, @Nullable Fence fence, boolean again) {
    return fence == null ? again && row.change.content() == null : fence.changeId == row.changeId;
  }

  private void write(Plan plan) throws SQLException {
    plan.made.sort(Comparator.comparing(Row::key));
    List<Row> doubtful = statements.write(MAKE, plan.made, RecordRows::bind);
    Map<Key, Fence> theirs = fences(FENCES, doubtful.stream().map(Row::key).toList());
    for (Row row : doubtful) {
      Fence fence = theirs.get(row.key);
      if (fence == null || fence.changeId != row.changeId) {
        var _ = plan.moved.add(row);
      }
    }
    var _ = statements.write(REPLACE, plan.replaced, RecordRows::bind);
    var _ = statements.write(DELETE, plan.deleted, (to, row) -> bind(to, row.key));
    for (Map.Entry<String, Long> floor : plan.floors.entrySet()) {
      long version = floor.getValue();
      var _ = statements.update(RAISE_FLOOR, b -> b.text(floor.getKey()).number(version));
    }
  }

  private Map<Key, Fence> fences(Shape shape, List<Key> keys) throws SQLException {
    Map<Key, Fence> found = HashMap.newHashMap(keys.size());
    statements.among(
        shape,
        keys,
        RecordRows::bind,
        row ->
            found.put(
                new Key(row.getString(1), row.getInt(2), row.getString(3)),
                new Fence(row.getLong(4), row.getLong(5))));
    return found;
  }

  /// The next records of a share, and the highest version deleted from its collection.
  Query.RecordPage page(Query.Records q) throws SQLException {
    String collection = q.share().collection();
    long floor = floor(collection);
    Query.RecordPlace after = q.after();
    int slice = after == null ? q.share().firstSlice() : after.slice();
    String id = after == null ? "" : after.id(); // no id is empty: all come after it
    List<StoredRecord> records =
        statements.listUpTo(
            q.bytes(),
            r -> r.content().length,
            PAGE,
            b ->
                b.text(collection)
                    .number(slice)
                    .text(id)
                    .number(q.share().lastSlice())
                    .number(q.limit()),
            RecordRows::record);
    return new Query.RecordPage(floor, records);
  }

  private long floor(String collection) throws SQLException {
    Long floor = statements.first(FLOOR, b -> b.text(collection), row -> row.getLong(1));
    return floor == null ? 0 : floor;
  }

  /// Those that are stored, and the floor for those that are not: they may have been deleted.
  Query.RecordPage some(Query.SomeRecords q) throws SQLException {
    List<Key> keys =
        q.places().stream().map(p -> new Key(q.share().collection(), p.slice(), p.id())).toList();
    Map<String, StoredRecord> found = new HashMap<>(); // padding repeats the last key
    statements.among(SOME, keys, RecordRows::bind, row -> found.put(row.getString(2), record(row)));
    return new Query.RecordPage(floor(q.share().collection()), List.copyOf(found.values()));
  }

  private static StoredRecord record(ResultSet row) throws SQLException {
    return new StoredRecord(row.getInt(1), row.getString(2), row.getLong(3), row.getBytes(4));
  }

  private static Key key(RecordSave save, RecordSave.Change change) {
    return new Key(save.share().collection(), change.slice(), change.id());
  }

  private static void bind(Binder to, Key key) throws SQLException {
    to.text(key.collection).number(key.slice).text(key.id);
  }

  private static void bind(Binder to, Row row) throws SQLException {
    byte[] content = row.change.content();
    bind(to, row.key);
    to.number(row.change.version())
        .number(row.changeId)
        .bytes(content == null ? new byte[0] : content);
  }
}
