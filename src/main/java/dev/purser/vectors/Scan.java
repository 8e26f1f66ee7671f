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
  /// Bytes of rows scanned at a time: they stay in the nearest cache beside four queries.
  private static final int TILE_BYTES = 16 << 10;

  private static final int PANEL = RowKernels.PANEL;
  private static final int QUERIES = RowKernels.QUERIES;

  /// Panels of a tile: two at least, since some kernels take two; no more than let the raw values
  /// stay in the cache too.
  private static final int LEAST_PANELS = 2;

  private static final int MOST_PANELS = 32;

  private final Block block;
  private final RowKernels kernels;
  private final List<Search> searches;
  private final List<Group> groups;
  private final InstantSource clock;
  private final int tilePanels;

  /// @param searches of the block's dimension
  Scan(Block block, RowKernels kernels, List<Search> searches, InstantSource clock) {
    this.block = block;
    this.kernels = kernels;
    this.searches = List.copyOf(searches);
    this.groups = groups(this.searches, block.dimension());
    this.clock = clock;
    int fitting = TILE_BYTES / (Float.BYTES * PANEL * block.dimension());
    this.tilePanels = Math.clamp(fitting, LEAST_PANELS, MOST_PANELS);
  }

  /// Searches whose raw values are computed together.
  ///
  /// @param members positions in the list of searches: one, or [RowKernels#QUERIES]
  /// @param queries what the kernels take: values of all members side by side
  @SuppressWarnings("ArrayRecordComponent") // private to the scan, never compared
  private record Group(boolean byDistance, int[] members, float[] queries) {}

  /// Scans the chunks `[from, to)`.
  ///
  /// @return the best rows of each search, in the order of the searches; without meaning for one
  ///   that is over
  List<Best> run(int from, int to) {
    List<Best> best = searches.stream().map(s -> new Best(s.k(), block.ids())).toList();
    float[] raw = new float[QUERIES * tilePanels * PANEL];
    for (int n = from; n < to; n++) {
      long now = clock.millis();
      List<Group> alive = groups.stream().filter(g -> wanted(g, now)).toList();
      if (alive.isEmpty()) {
        break;
      }
      for (int row = 0; row < block.rows(n); row += tilePanels * PANEL) {
        scanTile(alive, n, row, raw, best);
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

  private void scanTile(List<Group> alive, int n, int row, float[] raw, List<Best> best) {
    int count = Math.min(tilePanels * PANEL, block.rows(n) - row);
    boolean cached = false;
    for (Group group : alive) {
      compute(group, n, row, (count + PANEL - 1) / PANEL, raw, cached);
      for (int i = 0; i < group.members().length; i++) {
        int member = group.members()[i];
        judge(searches.get(member), best.get(member), n, row, count, raw, i * tilePanels * PANEL);
      }
      cached = true;
    }
  }

  private void compute(Group group, int n, int row, int panels, float[] raw, boolean cached) {
    int dimension = block.dimension();
    int at = row * dimension;
    float[] rows = block.chunk(n).values();
    float[] queries = group.queries();
    int stride = tilePanels * PANEL;
    if (group.members().length == 1) {
      if (group.byDistance()) {
        kernels.nearness(queries, dimension, rows, at, panels, raw);
      } else {
        kernels.dots(queries, dimension, rows, at, panels, raw);
      }
    } else if (group.byDistance()) {
      kernels.nearnessOfFour(queries, dimension, rows, at, panels, raw, stride);
    } else {
      boolean pairs = cached && panels % 2 == 0;
      kernels.dotsOfFour(queries, dimension, rows, at, panels, raw, stride, pairs);
    }
  }

  /// Scores exactly what may be among the best; the bar rises with every row that is.
  private void judge(Search search, Best best, int n, int row, int count, float[] raw, int rawAt) {
    Block.Chunk chunk = block.chunk(n);
    float bar = search.bar(best.worst());
    float slope = search.slope(best.worst());
    int i = 0;
    while ((i = kernels.reaching(raw, rawAt, chunk.norms(), row, i, count, bar, slope)) < count) {
      double score = search.score(chunk.values(), first(row + i));
      if (best.offer(score, block.firstRow(n) + row + i)) {
        bar = search.bar(best.worst());
        slope = search.slope(best.worst());
      }
      i++;
    }
  }

  /// The index, within its chunk, of the first value of a row.
  private int first(int row) {
    return row / PANEL * PANEL * block.dimension() + row % PANEL;
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
      int take = kind.size() - i >= QUERIES ? QUERIES : 1;
      int[] members = kind.subList(i, i + take).stream().mapToInt(Integer::intValue).toArray();
      groups.add(new Group(byDistance, members, queries(searches, members, dimension)));
      i += take;
    }
    return groups;
  }

  private static float[] queries(List<Search> searches, int[] members, int dimension) {
    float[] queries = new float[members.length * dimension];
    for (int m = 0; m < members.length; m++) {
      float[] scanned = searches.get(members[m]).scanned();
      for (int i = 0; i < dimension; i++) {
        queries[i * members.length + m] = scanned[i];
      }
    }
    return queries;
  }
}
