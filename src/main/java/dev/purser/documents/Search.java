package dev.purser.documents;

import dev.purser.strings.StringPool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.BatchIterator;
import org.roaringbitmap.FastAggregation;
import org.roaringbitmap.RoaringBitmap;

/// Which rows match, how many they are, and in which order they are listed. Confined to its owner;
/// it reads postings, rows and order and changes nothing.
///
/// ## Pages
///
/// Bitmaps know rows by number and pages want them by id. Two ways lead there, both exact:
///
/// - *scan*: go through all rows in the order of ids, from the cursor on, and take those that
///   match: about `limit * rows / matches` tests of a bitmap, if matches are spread evenly;
/// - *select*: go through the matches and keep the lowest ids above the cursor in a heap: `matches`
///   comparisons of ids, each perhaps a miss of the caches, so dearer by [#DEARER].
///
/// The cheaper one by that estimate is taken. A scan that finds the matches unevenly spread gives
/// up once it has cost what selecting costs, so a page never costs more than twice the selection.
final class Search {
  private static final int DEARER = 8;
  private static final int[] NOWHERE = new int[0];

  private final StringPool pool;
  private final Postings postings;
  private final Rows rows;
  private final Order order;

  Search(StringPool pool, Postings postings, Rows rows, Order order) {
    this.pool = pool;
    this.postings = postings;
    this.rows = rows;
    this.order = order;
  }

  long count(List<Match> filter) {
    if (filter.isEmpty()) {
      return rows.size();
    }
    int[] wanted = wanted(filter);
    if (wanted.length <= 1) {
      return wanted.length == 0 ? 0 : postings.cardinality(wanted[0]);
    }
    if (postings.many(wanted[0]) == null) {
      return inAll(wanted).length;
    }
    if (wanted.length == 2) {
      return RoaringBitmap.andCardinality(map(wanted[0]), map(wanted[1]));
    }
    int last = wanted.length - 1;
    return RoaringBitmap.andCardinality(and(Arrays.copyOf(wanted, last)), map(wanted[last]));
  }

  Page page(List<Match> filter, int limit, byte @Nullable [] after) {
    if (filter.isEmpty()) {
      List<String> ids = new ArrayList<>();
      order.scan(after, row -> collect(ids, row, limit));
      return page(ids, limit);
    }
    int[] wanted = wanted(filter);
    if (wanted.length == 0) {
      return Page.EMPTY;
    }
    if (postings.many(wanted[0]) == null) {
      return select(inAll(wanted), limit, after);
    }
    RoaringBitmap matches = wanted.length == 1 ? map(wanted[0]) : and(wanted);
    long found = matches.getLongCardinality();
    long selecting = found * DEARER;
    if ((limit + 1L) * rows.size() <= selecting * found) {
      Page page = scan(matches, limit, after, selecting);
      if (page != null) {
        return page;
      }
    }
    return select(matches, limit, after);
  }

  /// The first matches in order, or null if more than `most` rows had to be looked at.
  private @Nullable Page scan(
      RoaringBitmap matches, int limit, byte @Nullable [] after, long most) {
    Scan scan = new Scan(matches, limit, most);
    order.scan(after, scan);
    return scan.left < 0 ? null : page(scan.ids, limit);
  }

  private final class Scan implements IntPredicate {
    private final List<String> ids = new ArrayList<>();
    private final RoaringBitmap matches;
    private final int limit;
    private long left;

    Scan(RoaringBitmap matches, int limit, long most) {
      this.matches = matches;
      this.limit = limit;
      this.left = most;
    }

    @Override
    public boolean test(int row) {
      return --left >= 0 && (!matches.contains(row) || collect(ids, row, limit));
    }
  }

  private Page select(RoaringBitmap matches, int limit, byte @Nullable [] after) {
    Lowest lowest = new Lowest(limit + 1, rows::compare);
    int[] batch = new int[256];
    BatchIterator all = matches.getBatchIterator();
    while (all.hasNext()) {
      int n = all.nextBatch(batch);
      for (int i = 0; i < n; i++) {
        offer(lowest, batch[i], after);
      }
    }
    return page(lowest, limit);
  }

  private Page select(int[] matches, int limit, byte @Nullable [] after) {
    Lowest lowest = new Lowest(limit + 1, rows::compare);
    for (int row : matches) {
      offer(lowest, row, after);
    }
    return page(lowest, limit);
  }

  private void offer(Lowest lowest, int row, byte @Nullable [] after) {
    if (after == null || rows.compareId(row, after) > 0) {
      lowest.offer(row);
    }
  }

  private Page page(Lowest lowest, int limit) {
    List<String> ids = new ArrayList<>();
    for (int row : lowest.drain()) {
      ids.add(rows.id(row));
    }
    return page(ids, limit);
  }

  /// A page of `ids`, which hold one more than the limit if others follow.
  private static Page page(List<String> ids, int limit) {
    return ids.size() > limit ? new Page(ids.subList(0, limit), true) : new Page(ids, false);
  }

  /// Adds the id of `row`; says whether more are wanted.
  private boolean collect(List<String> ids, int row, int limit) {
    ids.add(rows.id(row));
    return ids.size() <= limit;
  }

  /// The postings of `filter`, the rarest first; none if one of them does not exist.
  private int[] wanted(List<Match> filter) {
    Integer[] found = new Integer[filter.size()];
    for (int i = 0; i < found.length; i++) {
      Match match = filter.get(i);
      int posting =
          postings.find(Text.of(match.name()).find(pool), Text.of(match.value()).find(pool));
      if (posting == Postings.ABSENT) {
        return NOWHERE;
      }
      found[i] = posting;
    }
    Arrays.sort(found, Comparator.comparingInt(postings::cardinality));
    return Arrays.stream(found).mapToInt(Integer::intValue).toArray();
  }

  /// The rows of the rarest posting that are in all others.
  private int[] inAll(int[] wanted) {
    return Arrays.stream(postings.few(wanted[0]))
        .filter(row -> Arrays.stream(wanted).allMatch(p -> postings.contains(p, row)))
        .toArray();
  }

  private RoaringBitmap and(int[] wanted) {
    RoaringBitmap[] maps = new RoaringBitmap[wanted.length];
    Arrays.setAll(maps, i -> map(wanted[i]));
    return FastAggregation.and(maps);
  }

  private RoaringBitmap map(int posting) {
    RoaringBitmap map = postings.many(posting);
    if (map == null) {
      throw new IllegalStateException("posting " + posting + " has no bitmap");
    }
    return map;
  }
}
