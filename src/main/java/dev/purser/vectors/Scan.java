package dev.purser.vectors;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// One pass over a block for all searches that wait: the memory's speed is the limit, so each row
/// is fetched once and judged for every search while it is in the cache.
///
/// A tile of rows is scanned by groups of [RowKernels#QUERIES] searches, what remains one by one.
/// Searches that nobody waits for any more are left out from the next chunk on.
///
/// Immutable but for the searches' flags: several threads may run parts of it at once, while the
/// block's owner leaves the block alone.
final class Scan {
  /// Bytes of rows scanned at a time: they stay in the first-level cache beside four queries.
  private static final int TILE_BYTES = 16 << 10;

  private static final int LEAST_ROWS = 4;
  private static final int MOST_ROWS = 512;

  private final Block block;
  private final RowKernels kernels;
  private final List<Search> searches;
  private final List<Group> groups;
  private final InstantSource clock;
  private final int tileRows;

  /// @param searches of the block's dimension
  Scan(Block block, RowKernels kernels, List<Search> searches, InstantSource clock) {
    this.block = block;
    this.kernels = kernels;
    this.searches = List.copyOf(searches);
    this.groups = groups(this.searches, block.dimension());
    this.clock = clock;
    int fitting = TILE_BYTES / (Float.BYTES * block.dimension());
    this.tileRows = Math.clamp(fitting, LEAST_ROWS, MOST_ROWS);
  }

  /// Searches whose raw values are computed together.
  ///
  /// @param members positions in the list of searches: one, or [RowKernels#QUERIES]
  /// @param queries what the kernels take, one after the other
  @SuppressWarnings("ArrayRecordComponent") // private to the scan, never compared
  private record Group(boolean byDistance, int[] members, float[] queries) {}

  /// Scans the chunks `[from, to)`.
  ///
  /// @return the best rows of each search, in the order of the searches; without meaning for one
  ///     that is over
  List<Best> run(int from, int to) {
    List<Best> best = searches.stream().map(s -> new Best(s.k(), block.ids())).toList();
    float[] raw = new float[RowKernels.QUERIES * tileRows];
    for (int n = from; n < to; n++) {
      long now = clock.millis();
      List<Group> alive = groups.stream().filter(g -> wanted(g, now)).toList();
      if (alive.isEmpty()) {
        break;
      }
      for (int row = 0; row < block.rows(n); row += tileRows) {
        for (Group group : alive) {
          scan(group, n, row, Math.min(tileRows, block.rows(n) - row), raw, best);
        }
      }
    }
    return best;
  }

  private boolean wanted(Group group, long now) {
    for (int member : group.members()) {
      if (!searches.get(member).over(now)) {
        return true;
      }
    }
    return false;
  }

  private void scan(Group group, int n, int row, int count, float[] raw, List<Best> best) {
    Block.Chunk chunk = block.chunk(n);
    compute(group, chunk.values(), row * block.dimension(), count, raw);
    for (int i = 0; i < group.members().length; i++) {
      int member = group.members()[i];
      judge(searches.get(member), best.get(member), n, row, count, raw, i * tileRows);
    }
  }

  private void compute(Group group, float[] rows, int at, int count, float[] raw) {
    int dimension = block.dimension();
    float[] queries = group.queries();
    if (group.members().length == 1) {
      if (group.byDistance()) {
        kernels.nearness(queries, dimension, rows, at, count, raw);
      } else {
        kernels.dots(queries, dimension, rows, at, count, raw);
      }
    } else if (group.byDistance()) {
      kernels.nearnessOfFour(queries, dimension, rows, at, count, raw, tileRows);
    } else {
      kernels.dotsOfFour(queries, dimension, rows, at, count, raw, tileRows);
    }
  }

  /// Scores exactly what may be among the best; the bar rises with every row that is.
  private void judge(
      Search search, Best best, int n, int row, int count, float[] raw, int rawAt) {
    Block.Chunk chunk = block.chunk(n);
    float bar = search.bar(best.worst());
    float slope = search.slope(best.worst());
    int i = 0;
    while ((i = kernels.reaching(raw, rawAt, chunk.norms(), row, i, count, bar, slope)) < count) {
      double score = search.score(chunk.values(), (row + i) * block.dimension());
      if (best.offer(score, block.firstRow(n) + row + i)) {
        bar = search.bar(best.worst());
        slope = search.slope(best.worst());
      }
      i++;
    }
  }

  private static List<Group> groups(List<Search> searches, int dimension) {
    return Stream.concat(
            groups(searches, dimension, false).stream(), groups(searches, dimension, true).stream())
        .toList();
  }

  private static List<Group> groups(List<Search> searches, int dimension, boolean byDistance) {
    List<Group> groups = new ArrayList<>();
    List<Integer> kind = new ArrayList<>();
    for (int i = 0; i < searches.size(); i++) {
      if (searches.get(i).byDistance() == byDistance) {
        kind.add(i);
      }
    }
    for (int i = 0; i < kind.size(); ) {
      int take = kind.size() - i >= RowKernels.QUERIES ? RowKernels.QUERIES : 1;
      int[] members = kind.subList(i, i + take).stream().mapToInt(Integer::intValue).toArray();
      float[] queries = new float[take * dimension];
      for (int m = 0; m < take; m++) {
        float[] scanned = searches.get(members[m]).scanned();
        System.arraycopy(scanned, 0, queries, m * dimension, dimension);
      }
      groups.add(new Group(byDistance, members, queries));
      i += take;
    }
    return groups;
  }
}
