package dev.purser.documents;

import dev.purser.strings.Hash;
import dev.purser.strings.KeyedHash;
import dev.purser.strings.PoolFull;
import dev.purser.strings.StringPool;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Documents in memory, in a fraction of their size, found by exact match: a plain data structure
/// without threads, locks or I/O. What a call changed, the next one finds.
///
/// ## Ownership
///
/// Confined to one owner, such as a partition; only the pool is shared between shelves. The shelf
/// holds references to the pool's strings: whoever stops using it must call [#close()], also when
/// it restarts, or the pool keeps the strings for ever.
///
/// ## Failure
///
/// A call that throws has changed nothing. [PoolFull] is the only failure that a valid call has.
///
/// ## Limits
///
/// Judged by the caller, asserted here: ids of 1 to 512 bytes of UTF-8, names and values of at most
/// [StringPool#MOST_BYTES], [#MOST_VALUES] values, well-formed text. Empty names and values are
/// kept like others.
public final class Shelf implements AutoCloseable {
  /// The most values of one document, all names together.
  public static final int MOST_VALUES = 1024;

  /// The longest id, in bytes of UTF-8: 128 characters.
  public static final int MOST_ID_BYTES = 512;

  /// The order of ids in pages, across shelves too: by their UTF-8 bytes.
  public static final Comparator<String> ID_ORDER =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  private final StringPool pool;
  private final Rows rows;
  private final Order order;
  private final Postings postings;
  private final Search search;

  /// How much a shelf holds.
  ///
  /// @param documents their number
  /// @param pairs distinct pairs of name and value among their fields
  /// @param bytes of the pages that hold ids and records, without tables and index
  public record Size(int documents, int pairs, long bytes) {}

  /// An empty shelf that keeps its strings in `pool`.
  public Shelf(StringPool pool) {
    this(pool, new KeyedHash());
  }

  /// As above, with the given hash of ids, for tests that make ids collide.
  Shelf(StringPool pool, Hash hash) {
    this.pool = pool;
    this.rows = new Rows(hash);
    this.order = new Order(rows);
    this.postings = new Postings(pool);
    this.search = new Search(pool, postings, rows, order);
  }

  /// Stores a document whole, in place of the one with its id if there is one.
  ///
  /// @return whether the id is new
  /// @throws PoolFull if there is no room for its strings; the shelf is as before
  public boolean put(String id, long version, Fields fields) {
    return store(id(id), version, new Taking().postings(fields));
  }

  /// Appends `value` to the field `name` of the document, behind its other values.
  ///
  /// @return false, with nothing changed, if there is no such document or it has the value already
  /// @throws PoolFull if there is no room for the strings; the shelf is as before
  public boolean append(String id, long version, String name, String value) {
    byte[] key = id(id);
    int row = rows.find(key);
    if (row == Rows.ABSENT) {
      return false;
    }
    Text nameText = text(name);
    int added = postings.take(nameText, text(value));
    if (postings.contains(added, row)) {
      return false;
    }
    int[] before = rows.postings(row);
    if (before.length == MOST_VALUES) {
      postings.dropIfEmpty(added);
      throw new IllegalArgumentException("more than " + MOST_VALUES + " values");
    }
    int at = place(before, postings.name(added), nameText);
    int[] next = new int[before.length + 1];
    System.arraycopy(before, 0, next, 0, at);
    next[at] = added;
    System.arraycopy(before, at, next, at + 1, before.length - at);
    store(key, version, next);
    return true;
  }

  /// Removes the document.
  ///
  /// @return whether there was one
  public boolean remove(String id) {
    byte[] key = id(id);
    int row = rows.find(key);
    if (row == Rows.ABSENT) {
      return false;
    }
    for (int posting : rows.postings(row)) {
      postings.remove(posting, row);
    }
    order.remove(key);
    rows.remove(row);
    return true;
  }

  /// The document, or null.
  public @Nullable Document get(String id) {
    int row = rows.find(id(id));
    return row == Rows.ABSENT ? null : new Document(id, rows.version(row), fields(row));
  }

  /// The document's version, or -1 if there is none.
  public long version(String id) {
    int row = rows.find(id(id));
    return row == Rows.ABSENT ? -1 : rows.version(row);
  }

  /// The number of documents that match all of `filter`, none meaning all documents.
  public long count(List<Match> filter) {
    return search.count(filter);
  }

  /// The first `limit` ids above `after` (null: all) of documents that match all of `filter`. What
  /// is written between two pages moves no other id from one page to another.
  public Page page(List<Match> filter, int limit, @Nullable String after) {
    return search.page(filter, limit, after == null ? null : StringPool.utf8(after));
  }

  /// How much it holds.
  public Size size() {
    return new Size(rows.size(), postings.size(), rows.bytes());
  }

  /// Gives all strings back to the pool. Nothing may be asked afterwards.
  @Override
  public void close() {
    postings.close();
  }

  private boolean store(byte[] key, long version, int[] next) {
    int row = rows.find(key);
    boolean created = row == Rows.ABSENT;
    int[] before = created ? new int[0] : rows.postings(row);
    try {
      if (created) {
        row = rows.add(key, version, next, next.length);
        order.add(row, key);
      } else {
        rows.replace(row, key, version, next, next.length);
      }
    } catch (PoolFull full) {
      drop(next);
      throw full;
    }
    for (int posting : next) {
      postings.add(posting, row);
    }
    int[] kept = next.clone();
    Arrays.sort(kept);
    for (int posting : before) {
      if (Arrays.binarySearch(kept, posting) < 0) {
        postings.remove(posting, row);
      }
    }
    return created;
  }

  /// Where a value of `name` goes: behind its others, or where the name is in the order of names.
  private int place(int[] own, int nameId, Text name) {
    int at = 0;
    while (at < own.length && postings.name(own[at]) != nameId) {
      if (!isBelow(postings.name(own[at]), name)) {
        return at;
      }
      at = run(own, at);
    }
    return at < own.length ? run(own, at) : at;
  }

  private boolean isBelow(int nameId, Text name) {
    byte[] utf8 = pool.utf8(nameId);
    return Arrays.compareUnsigned(
            utf8, 0, utf8.length, name.bytes(), name.from(), name.from() + name.length())
        < 0;
  }

  private void drop(int[] taken) {
    Arrays.stream(taken).forEach(postings::dropIfEmpty);
  }

  private Fields fields(int row) {
    int[] own = rows.postings(row);
    ByteArrayOutputStream out = new ByteArrayOutputStream(16 * own.length + 1);
    Varint.write(out, runs(own));
    for (int i = 0; i < own.length; ) {
      int end = run(own, i);
      write(out, postings.name(own[i]));
      Varint.write(out, end - i);
      for (; i < end; i++) {
        write(out, postings.value(own[i]));
      }
    }
    return new Fields(out.toByteArray());
  }

  /// Where the values of one name end that begin at `from`.
  private int run(int[] own, int from) {
    int end = from + 1;
    while (end < own.length && postings.name(own[end]) == postings.name(own[from])) {
      end++;
    }
    return end;
  }

  private int runs(int[] own) {
    int runs = 0;
    for (int i = 0; i < own.length; i = run(own, i)) {
      runs++;
    }
    return runs;
  }

  private void write(ByteArrayOutputStream out, int string) {
    byte[] utf8 = pool.utf8(string);
    Varint.write(out, utf8.length);
    out.writeBytes(utf8);
  }

  private static byte[] id(String id) {
    byte[] utf8 = StringPool.utf8(id);
    if (utf8.length == 0 || utf8.length > MOST_ID_BYTES) {
      throw new IllegalArgumentException("an id of " + utf8.length + " bytes");
    }
    return utf8;
  }

  private static Text text(String string) {
    Text text = Text.of(string);
    if (text.length() > StringPool.MOST_BYTES) {
      throw new IllegalArgumentException("a string of " + text.length() + " bytes");
    }
    return text;
  }

  /// Takes the postings of a document's fields, all or none.
  private final class Taking implements Fields.Visitor {
    private int[] taken = new int[16];
    private int count;
    private Text name = new Text(new byte[0], 0, 0);

    int[] postings(Fields fields) {
      try {
        fields.visit(this);
      } catch (RuntimeException e) {
        drop(Arrays.copyOf(taken, count));
        throw e;
      }
      return Arrays.copyOf(taken, count);
    }

    @Override
    public void name(byte[] bytes, int from, int length) {
      name = new Text(bytes, from, length);
    }

    @Override
    public void value(byte[] bytes, int from, int length) {
      if (count == MOST_VALUES) {
        throw new IllegalArgumentException("more than " + MOST_VALUES + " values");
      }
      if (count == taken.length) {
        taken = Arrays.copyOf(taken, 2 * count);
      }
      taken[count] = postings.take(name, new Text(bytes, from, length));
      count++;
    }
  }
}
