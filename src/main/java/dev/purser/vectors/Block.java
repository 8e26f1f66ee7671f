package dev.purser.vectors;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The vectors of one space in one partition: rows of f32 in contiguous memory, each with its id
/// and its norm. All values are finite; the caller sees to that.
///
/// ## Layout
///
/// Rows lie in panels of 16 ([RowKernels]), panels in chunks of just under 1 MiB: growth copies
/// nothing, arrays stay far below the JVM's limits, and each fits one region of the collector
/// (1 MiB in a heap of up to 2 GiB, where an array of exactly that size would take two). Only the
/// first chunk starts with one panel and doubles. Deleting moves the last row into the gap.
///
///     chunk.values    panel 0: x0 of rows 0-15, x1 of rows 0-15, ... | panel 1: rows 16-31 ...
///     chunk.norms     norm of row 0, norm of row 1, ...
///     chunk.versions  version of row 0, version of row 1, ...
///
/// ## Ownership
///
/// Confined to one owner. The owner may lend it to threads that scan; until they are done nobody
/// changes it.
///
/// ## Limits
///
/// Every byte is counted in the node's [Allowance]. Whoever puts a new row has taken [#rowBytes(int, long)]
/// from it before, and gives them back after; so the limit is kept but for the part of the last
/// chunk that holds no rows yet.
final class Block {
  /// A chunk's bytes at most: 1 MiB less the array's header, rounded generously.
  static final int CHUNK_BYTES = (1 << 20) - 64;

  /// Norms between these bounds let a scan compute in f32 without overflow or loss.
  private static final double SMALLEST_NORM = 1e-15;

  private static final double LARGEST_NORM = 1e15;
  private static final int PANEL = RowKernels.PANEL;

  private final int dimension;
  private final int rowsPerChunk;
  private final Allowance allowance;
  private final Ids ids = new Ids();
  private final List<Chunk> chunks = new ArrayList<>();
  private long bytes;

  /// @param dimension floats of each vector, 1 to 4096
  Block(int dimension, Allowance allowance) {
    this(dimension, allowance, CHUNK_BYTES);
  }

  Block(int dimension, Allowance allowance, int chunkBytes) {
    this.dimension = dimension;
    this.rowsPerChunk = PANEL * Math.max(1, chunkBytes / (Float.BYTES * PANEL * dimension));
    this.allowance = allowance;
  }

  /// Some rows. A norm is NaN where a scan in f32 would overflow or lose digits, so that every
  /// comparison with it fails and the row is judged exactly; for a row of zeros it is the smallest
  /// normal number, so that nothing is multiplied by an unlimited threshold.
  ///
  /// @param values the panels
  /// @param norms Euclidean, one each
  /// @param versions one each
  @SuppressWarnings("ArrayRecordComponent") // lent to scans, never compared
  record Chunk(float[] values, float[] norms, long[] versions) {}

  int dimension() {
    return dimension;
  }

  int size() {
    return ids.size();
  }

  /// Memory taken from the allowance.
  long bytes() {
    return bytes;
  }

  Ids ids() {
    return ids;
  }

  /// Chunks that hold rows.
  int chunks() {
    return (size() + rowsPerChunk - 1) / rowsPerChunk;
  }

  Chunk chunk(int n) {
    return chunks.get(n);
  }

  /// The row that chunk `n` begins with.
  int firstRow(int n) {
    return n * rowsPerChunk;
  }

  /// How many rows chunk `n` holds.
  int rows(int n) {
    return Math.min(rowsPerChunk, size() - firstRow(n));
  }

  /// What one more row takes, with an id of so many bytes.
  static long rowBytes(int dimension, long idBytes) {
    return chunkBytes(dimension, 1) + Ids.cost(idBytes);
  }

  /// Stores a copy of `vector` under `id`; whether that is new.
  boolean put(byte[] id, long version, float[] vector) {
    int row = ids.find(id);
    boolean added = row < 0;
    if (added) {
      makeRoom(id);
      row = ids.add(id);
    }
    write(row, version, vector);
    return added;
  }

  /// The version of the vector of `id`, 0 if there is none.
  long version(byte[] id) {
    int row = ids.find(id);
    return row < 0 ? 0 : chunkOf(row).versions()[row % rowsPerChunk];
  }

  /// A copy of the vector of `id`.
  float @Nullable [] get(byte[] id) {
    int row = ids.find(id);
    if (row < 0) {
      return null;
    }
    float[] vector = new float[dimension];
    float[] values = chunkOf(row).values();
    for (int i = 0; i < dimension; i++) {
      vector[i] = values[at(row, i)];
    }
    return vector;
  }

  /// Removes the vector of `id`; false if there is none.
  boolean remove(byte[] id) {
    int row = ids.find(id);
    if (row < 0) {
      return false;
    }
    int last = size() - 1;
    Chunk to = chunkOf(row);
    Chunk from = chunkOf(last);
    for (int i = 0; i < dimension; i++) {
      to.values()[at(row, i)] = from.values()[at(last, i)];
    }
    to.norms()[row % rowsPerChunk] = from.norms()[last % rowsPerChunk];
    to.versions()[row % rowsPerChunk] = from.versions()[last % rowsPerChunk];
    give(Ids.cost(ids.at(row).length));
    ids.remove(row);
    dropSpares();
    return true;
  }

  /// Gives all memory back; the block is not to be changed after. A scan may still be reading it.
  void close() {
    allowance.give(bytes);
    bytes = 0;
  }

  private void write(int row, long version, float[] vector) {
    Chunk chunk = chunkOf(row);
    for (int i = 0; i < dimension; i++) {
      chunk.values()[at(row, i)] = vector[i];
    }
    chunk.norms()[row % rowsPerChunk] = norm(vector);
    chunk.versions()[row % rowsPerChunk] = version;
  }

  private static float norm(float[] vector) {
    double square = 0;
    for (float x : vector) {
      square += (double) x * x;
    }
    double norm = Math.sqrt(square);
    if (norm == 0) {
      return Float.MIN_NORMAL;
    }
    return norm < SMALLEST_NORM || norm > LARGEST_NORM ? Float.NaN : (float) norm;
  }

  private void makeRoom(byte[] id) {
    int within = size() % rowsPerChunk;
    int at = size() / rowsPerChunk;
    int held = at < chunks.size() ? chunks.get(at).norms().length : 0;
    int rows = within < held ? 0 : at == 0 ? firstRows(held) : rowsPerChunk;
    long more =
        Ids.cost(id.length)
            + (rows == 0 ? 0 : chunkBytes(dimension, rows) - chunkBytes(dimension, held));
    allowance.add(more);
    bytes += more;
    if (rows > 0) {
      grow(at, rows);
    }
  }

  private int firstRows(int held) {
    return Math.min(rowsPerChunk, Math.max(PANEL, 2 * held));
  }

  private void grow(int at, int rows) {
    Chunk grown = new Chunk(new float[rows * dimension], new float[rows], new long[rows]);
    if (at == chunks.size()) {
      chunks.add(grown);
      return;
    }
    Chunk before = chunks.set(at, grown);
    System.arraycopy(before.values(), 0, grown.values(), 0, before.values().length);
    System.arraycopy(before.norms(), 0, grown.norms(), 0, before.norms().length);
    System.arraycopy(before.versions(), 0, grown.versions(), 0, before.versions().length);
  }

  /// One empty chunk is kept, so that a size around a chunk's border does not allocate each time.
  private void dropSpares() {
    int keep = size() == 0 ? 0 : chunks() + 1;
    while (chunks.size() > keep) {
      give(chunkBytes(dimension, chunks.removeLast().norms().length));
    }
  }

  private void give(long n) {
    bytes -= n;
    allowance.give(n);
  }

  private static long chunkBytes(int dimension, int rows) {
    return (long) rows * (Float.BYTES * (dimension + 1) + Long.BYTES);
  }

  private Chunk chunkOf(int row) {
    return chunks.get(row / rowsPerChunk);
  }

  /// The index, within its chunk, of value `i` of a row.
  private int at(int row, int i) {
    int within = row % rowsPerChunk;
    return (within / PANEL * dimension + i) * PANEL + within % PANEL;
  }
}
