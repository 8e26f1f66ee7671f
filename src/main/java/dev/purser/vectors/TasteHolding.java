package dev.purser.vectors;

import dev.purser.faults.ServiceError;
import dev.purser.ledger.Utf8;
import dev.purser.partitions.Holding;
import dev.purser.partitions.Kind;
import dev.purser.partitions.Partition;
import dev.purser.vectors.VectorAsk.Told;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The tastes of one partition: raw sums with the customer's version that they cover, and a block
/// of their directions that searches scan. A customer whose sums are all zero has a record but no
/// vector. Confined to the partition.
final class TasteHolding implements Holding<TasteChange, TasteDraft> {
  /// There is only ever one generation of the space.
  static final long GENERATION = 1;

  private static final ServiceError BEHIND =
      new ServiceError.Conflict("The sums do not cover the version that is built on.");
  private static final ServiceError ABSENT =
      new ServiceError.NotFound("There is no taste of this customer.");
  private static final ServiceError FULL =
      new ServiceError.Overloaded("There is no memory for more vectors.");
  private static final ServiceError RESTARTING =
      new ServiceError.Overloaded("This part of the space has failed and is being loaded anew.");

  /// What a record takes in memory beside its id and its sums.
  private static final int RECORD_BYTES = 160;

  private final Allowance allowance;
  private final SpaceShare share;
  private final NavigableMap<String, Held> held = new TreeMap<>(Utf8::compare);
  private long bytes;

  private record Held(long version, TasteDraft taste) {}

  /// Tastes as a kind of records. Immutable but for the memory that is shared with other vectors.
  record Tasting(Allowance allowance, Passes.Tools tools) implements Kind<TasteChange, TasteDraft> {
    @Override
    public String collection() {
      return Spaces.TASTE;
    }

    @Override
    public Holding<TasteChange, TasteDraft> open(ActorRef<Partition.Command> self) {
      return new TasteHolding(this, self);
    }
  }

  private TasteHolding(Tasting kind, ActorRef<Partition.Command> self) {
    allowance = kind.allowance();
    share = new SpaceShare(GENERATION, TasteSums.DIMENSION, kind.allowance(), kind.tools(), self);
  }

  @Override
  public long version(String id) {
    Held record = held.get(id);
    return record == null ? 0 : record.version;
  }

  @Override
  public @Nullable TasteDraft content(String id) {
    Held record = held.get(id);
    return record == null ? null : record.taste;
  }

  @Override
  public Decided<TasteDraft> decide(
      TasteChange change, @Nullable TasteDraft current, long version) {
    long covered = current == null ? 0 : current.covered();
    return switch (change) {
      case TasteChange.Add add when add.from() == covered ->
          draft(add.id(), add.to(), sums(current).plus(new TasteSums(add.sums())), current);
      case TasteChange.Add add when add.to() <= covered -> new Decided.Same<>();
      case TasteChange.Add _ -> new Decided.Refuse<>(BEHIND);
      case TasteChange.Replace whole when whole.version() < covered -> new Decided.Same<>();
      case TasteChange.Replace whole -> {
        TasteSums sums = new TasteSums(whole.sums());
        yield whole.version() == covered && sums.equalTo(sums(current))
            ? new Decided.Same<>()
            : draft(whole.id(), whole.version(), sums, current);
      }
      case TasteChange.Remove _ when current == null -> new Decided.Refuse<>(ABSENT);
      case TasteChange.Remove gone when gone.upTo() < covered -> new Decided.Same<>();
      case TasteChange.Remove _ -> new Decided.Remove<>();
    };
  }

  private static TasteSums sums(@Nullable TasteDraft of) {
    return of == null ? TasteSums.NONE : of.sums();
  }

  private Decided<TasteDraft> draft(
      String id, long covered, TasteSums sums, @Nullable TasteDraft current) {
    // A draft on top of a draft keeps nothing of it: what that had reserved is given back.
    boolean added = current == null || current.reserved() > 0;
    long row = added ? Block.rowBytes(TasteSums.DIMENSION, id.length() * 3L) : 0;
    if (added && !allowance.take(row)) {
      return new Decided.Refuse<>(FULL);
    }
    return new Decided.Put<>(new TasteDraft(covered, sums, row));
  }

  @Override
  public byte[] encode(TasteDraft content) {
    return content.encoded();
  }

  @Override
  public void put(String id, long version, TasteDraft draft) {
    float[] direction = draft.sums().direction();
    // What was reserved for its row is given back once the row is there.
    Held before = held.put(id, new Held(version, new TasteDraft(draft.covered(), draft.sums(), 0)));
    count(bytes(id, draft) - (before == null ? 0 : bytes(id, before.taste)));
    if (isZero(direction)) {
      allowance.give(draft.reserved());
      share.remove(id);
    } else {
      share.put(id, version, new VectorDraft(GENERATION, direction, draft.reserved()));
    }
  }

  private static boolean isZero(float[] direction) {
    for (float x : direction) {
      if (x != 0) {
        return false;
      }
    }
    return true;
  }

  private static long bytes(String id, TasteDraft taste) {
    return RECORD_BYTES + 2L * id.length() + taste.sums().entries().length;
  }

  private void count(long more) {
    bytes += more;
    allowance.add(more);
  }

  @Override
  public void discard(TasteDraft draft) {
    allowance.give(draft.reserved());
  }

  @Override
  public void load(String id, long version, byte[] content) {
    put(id, version, TasteDraft.decoded(content));
  }

  @Override
  public void remove(String id) {
    Held before = held.remove(id);
    if (before != null) {
      count(-bytes(id, before.taste));
      share.remove(id);
    }
  }

  @Override
  public void answer(Partition.Question question) {
    switch (question) {
      case VectorAsk.Get(String id, long _, var replyTo) -> {
        float[] vector = share.vector(id);
        replyTo.tell(new Told.One(vector == null ? null : FloatBytes.encoded(vector)));
      }
      case VectorAsk.Find find -> share.find(find);
      case VectorAsk.Sizes(var replyTo) ->
          replyTo.tell(
              new Told.Counted(
                  List.of(new VectorAsk.Size(Spaces.TASTE, GENERATION, share.size()))));
      case VectorAsk.Covered range -> range.replyTo().tell(new Told.Versions(covered(range)));
      case VectorAsk.Passed(SpaceShare _, Passes.Pass pass) -> share.passed(pass);
      default -> throw new IllegalStateException("not of tastes: " + question.getClass());
    }
  }

  private List<VectorAsk.Version> covered(VectorAsk.Covered range) {
    NavigableMap<String, Held> rest =
        range.after() == null ? held : held.tailMap(range.after(), false);
    NavigableMap<String, Held> within =
        range.last() == null ? rest : rest.headMap(range.last(), true);
    return within.entrySet().stream()
        .limit(range.limit())
        .map(e -> new VectorAsk.Version(e.getKey(), e.getValue().taste.covered()))
        .toList();
  }

  @Override
  public void close() {
    share.close(RESTARTING);
    count(-bytes);
    held.clear();
  }
}
