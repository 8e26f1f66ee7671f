package dev.purser.database;

import dev.purser.database.RecordReply.Fate;
import dev.purser.database.Statements.Shape;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The rows of `records`: fenced writes, many rows a statement, and pages of a share. Confined to
/// the session that owns the connection.
final class RecordRows {
  // The join order is forced: a few keys, each found by the primary key.
  private static final String KEYS = "WITH k (collection, slice, id) AS (VALUES ";
  private static final String BY_KEY =
      " FROM k CROSS JOIN records r"
          + " ON r.collection = k.collection AND r.slice = k.slice AND r.id = k.id";
  private static final Shape FENCES =
      new Shape(
          KEYS, "(?,?,?)", ") SELECT r.collection, r.slice, r.id, r.version, r.change_id" + BY_KEY);
  private static final Shape SOME =
      new Shape(KEYS, "(?,?,?)", ") SELECT r.slice, r.id, r.version, r.content" + BY_KEY);
  private static final Shape PUT =
      new Shape("INSERT OR REPLACE INTO records VALUES ", "(?,?,?,?,?,?)", "");
  private static final Shape DELETE =
      new Shape("DELETE FROM records WHERE (collection, slice, id) IN (VALUES ", "(?,?,?)", ")");
  private static final String RAISE_FLOOR =
      "INSERT INTO record_floors VALUES (?,?)"
          + " ON CONFLICT (collection) DO UPDATE SET version = max(version, excluded.version)";
  private static final String FLOOR = "SELECT version FROM record_floors WHERE collection = ?";
  private static final String PAGE =
      "SELECT slice, id, version, content FROM records WHERE collection = ?"
          + " AND (slice, id) > (?, ?) AND slice <= ? ORDER BY slice, id LIMIT ?";

  private final Statements statements;

  RecordRows(Statements statements) {
    this.statements = statements;
  }

  private record Key(String collection, int slice, String id) {}

  private record Fence(long version, long changeId) {}

  /// A change and what it needs of its save.
  private record Row(Key key, long changeId, RecordSave.Change change) {}

  /// Applies saves of distinct shares within the transaction that is open; an answer for each, in
  /// their order.
  List<RecordReply.Saved> apply(List<Store.Write.OfRecords> writes) throws SQLException {
    if (writes.isEmpty()) {
      return List.of();
    }
    Map<Key, Fence> fences = fences(writes);
    List<Row> puts = new ArrayList<>();
    List<Row> deletes = new ArrayList<>();
    List<RecordReply.Saved> replies = new ArrayList<>(writes.size());
    for (Store.Write.OfRecords write : writes) {
      replies.add(decide(write, fences, puts, deletes));
    }
    var _ = statements.write(PUT, puts, RecordRows::bind);
    var _ = statements.write(DELETE, deletes, (to, row) -> bind(to, row.key));
    raiseFloors(deletes);
    return replies;
  }

  private Map<Key, Fence> fences(List<Store.Write.OfRecords> writes) throws SQLException {
    List<Key> keys = new ArrayList<>();
    for (Store.Write.OfRecords write : writes) {
      write.save().changes().forEach(change -> keys.add(key(write.save(), change)));
    }
    Map<Key, Fence> fences = HashMap.newHashMap(keys.size());
    statements.among(
        FENCES,
        keys,
        RecordRows::bind,
        row ->
            fences.put(
                new Key(row.getString(1), row.getInt(2), row.getString(3)),
                new Fence(row.getLong(4), row.getLong(5))));
    return fences;
  }

  private static RecordReply.Saved decide(
      Store.Write.OfRecords write, Map<Key, Fence> fences, List<Row> puts, List<Row> deletes) {
    RecordSave save = write.save();
    List<Fate> fates = new ArrayList<>(save.changes().size());
    for (RecordSave.Change change : save.changes()) {
      Row row = new Row(key(save, change), save.changeId(), change);
      Fence fence = fences.get(row.key);
      long stored = fence == null ? 0 : fence.version;
      if (stored == change.base()) {
        (change.content() == null ? deletes : puts).add(row);
        fates.add(Fate.SAVED);
      } else {
        fates.add(applied(row, fence, write.again()) ? Fate.SAVED : Fate.MOVED);
      }
    }
    return new RecordReply.Saved(fates);
  }

  /// Whether a change that misses its fence does so because it was committed before: its row says
  /// so, or it was a deletion, which leaves none.
  private static boolean applied(Row row, @Nullable Fence fence, boolean again) {
    return fence == null ? again && row.change.content() == null : fence.changeId == row.changeId;
  }

  private void raiseFloors(List<Row> deletes) throws SQLException {
    Map<String, Long> floors = new HashMap<>();
    for (Row row : deletes) {
      floors.merge(row.key.collection, row.change.version(), Math::max);
    }
    for (Map.Entry<String, Long> floor : floors.entrySet()) {
      long version = floor.getValue();
      var _ = statements.update(RAISE_FLOOR, b -> b.text(floor.getKey()).number(version));
    }
  }

  /// The next records of a share, and the highest version deleted from its collection.
  Query.RecordPage page(Query.Records q) throws SQLException {
    String collection = q.share().collection();
    Long floor = statements.first(FLOOR, b -> b.text(collection), row -> row.getLong(1));
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
    return new Query.RecordPage(floor == null ? 0 : floor, records);
  }

  /// Those that are stored.
  List<StoredRecord> some(Query.SomeRecords q) throws SQLException {
    List<Key> keys =
        q.places().stream().map(p -> new Key(q.share().collection(), p.slice(), p.id())).toList();
    Map<String, StoredRecord> found = new HashMap<>(); // padding repeats the last key
    statements.among(SOME, keys, RecordRows::bind, row -> found.put(row.getString(2), record(row)));
    return List.copyOf(found.values());
  }

  private static StoredRecord record(ResultSet row) throws SQLException {
    return new StoredRecord(row.getInt(1), row.getString(2), row.getLong(3), row.getBytes(4));
  }

  private static Key key(RecordSave save, RecordSave.Change change) {
    return new Key(save.share().collection(), change.slice(), change.id());
  }

  private static void bind(Statements.Binder to, Key key) throws SQLException {
    to.text(key.collection).number(key.slice).text(key.id);
  }

  private static void bind(Statements.Binder to, Row row) throws SQLException {
    byte[] content = row.change.content();
    bind(to, row.key);
    to.number(row.change.version())
        .number(row.changeId)
        .bytes(content == null ? new byte[0] : content);
  }
}
