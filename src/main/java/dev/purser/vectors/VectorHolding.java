package dev.purser.vectors;

import dev.purser.faults.ServiceError;
import dev.purser.partitions.Holding;
import dev.purser.partitions.Kind;
import dev.purser.partitions.Partition;
import dev.purser.vectors.VectorAsk.Told;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The vectors of one partition, a block for each space. Confined to the partition.
///
/// ## Generations
///
/// A vector belongs to one generation of its space. Of a deleted space none is left, unless its
/// write overtook the deletion through a failure: when the name is used again such a vector is
/// hidden, its version alone is remembered, so that the fence lets its id be written anew.
final class VectorHolding implements Holding<VectorChange, VectorDraft> {
  private static final ServiceError GONE =
      new ServiceError.Conflict("The space has been deleted meanwhile.");
  static final ServiceError FULL =
      new ServiceError.Overloaded("There is no memory for more vectors.");
  private static final ServiceError RESTARTING =
      new ServiceError.Overloaded("This part of the space has failed and is being loaded anew.");

  /// Names of deleted spaces that are remembered.
  private static final int MOST_SEALED = 10_000;

  private final VectorKind kind;
  private final ActorRef<Partition.Command> self;
  private final Map<String, SpaceShare> shares = new HashMap<>();
  private final Map<String, Long> hidden = new HashMap<>();
  private final Map<String, Long> sealed = new HashMap<>();

  /// Vectors as a kind of records. Immutable but for the memory that its shares have in common.
  record VectorKind(Allowance allowance, Passes.Tools tools)
      implements Kind<VectorChange, VectorDraft> {
    @Override
    public String collection() {
      return "vectors";
    }

    @Override
    public Holding<VectorChange, VectorDraft> open(ActorRef<Partition.Command> self) {
      return new VectorHolding(this, self);
    }
  }

  private VectorHolding(VectorKind kind, ActorRef<Partition.Command> self) {
    this.kind = kind;
    this.self = self;
  }

  @Override
  public long version(String key) {
    SpaceShare share = shares.get(VectorKey.space(key));
    long version = share == null ? 0 : share.version(VectorKey.id(key));
    return version == 0 ? hidden.getOrDefault(key, 0L) : version;
  }

  @Override
  public @Nullable VectorDraft content(String key) {
    SpaceShare share = shares.get(VectorKey.space(key));
    float[] vector = share == null ? null : share.vector(VectorKey.id(key));
    return share == null || vector == null ? null : new VectorDraft(share.generation(), vector, 0);
  }

  @Override
  public Decided<VectorDraft> decide(
      VectorChange change, @Nullable VectorDraft current, long version) {
    boolean there = current != null && current.generation() == change.generation();
    return switch (change) {
      case VectorChange.Put put -> put(put, there ? current : null);
      case VectorChange.Delete _ when there -> new Decided.Remove<>();
      case VectorChange.Delete _ ->
          new Decided.Refuse<>(new ServiceError.NotFound("There is no vector of this id."));
    };
  }

  private Decided<VectorDraft> put(VectorChange.Put put, @Nullable VectorDraft current) {
    String space = VectorKey.space(put.id());
    SpaceShare share = shares.get(space);
    boolean old = share != null && share.generation() > put.generation();
    if (old || sealed.getOrDefault(space, Long.MIN_VALUE) >= put.generation()) {
      return new Decided.Refuse<>(GONE);
    }
    float[] values = FloatBytes.decoded(put.values());
    if (current != null) {
      return Arrays.equals(current.values(), values)
          ? new Decided.Same<>()
          // A draft on top of a draft keeps nothing of it: what that had reserved is given back.
          : draft(put, values, current.reserved() > 0);
    }
    return draft(put, values, true);
  }

  private Decided<VectorDraft> draft(VectorChange.Put put, float[] values, boolean added) {
    long bytes = added ? rowBytes(put, values.length) : 0;
    if (added && !kind.allowance().take(bytes)) {
      return new Decided.Refuse<>(FULL);
    }
    return new Decided.Put<>(new VectorDraft(put.generation(), values, bytes));
  }

  private static long rowBytes(VectorChange.Put put, int dimension) {
    return Block.rowBytes(dimension, VectorKey.id(put.id()).length() * 3L);
  }

  @Override
  public byte[] encode(VectorDraft content) {
    return content.encoded();
  }

  @Override
  public void put(String key, long version, VectorDraft draft) {
    share(VectorKey.space(key), draft).put(VectorKey.id(key), version, draft);
    hidden.remove(key);
  }

  @Override
  public void discard(VectorDraft draft) {
    kind.allowance().give(draft.reserved());
  }

  @Override
  public void load(String key, long version, byte[] content) {
    VectorDraft draft = VectorDraft.decoded(content);
    SpaceShare share = shares.get(VectorKey.space(key));
    if (share != null && share.generation() > draft.generation()) {
      hidden.put(key, version);
    } else {
      put(key, version, draft);
    }
  }

  @Override
  public void remove(String key) {
    String space = VectorKey.space(key);
    hidden.remove(key);
    SpaceShare share = shares.get(space);
    if (share != null) {
      share.remove(VectorKey.id(key));
      if (share.isEmpty()) {
        share.close(GONE);
        shares.remove(space);
      }
    }
  }

  /// The share of the draft's generation; an older one of the same space is given up.
  private SpaceShare share(String space, VectorDraft draft) {
    SpaceShare share = shares.get(space);
    if (share != null && share.generation() >= draft.generation()) {
      return share;
    }
    if (share != null) {
      share.versions().forEach((id, version) -> hidden.put(VectorKey.of(space, id), version));
      share.close(GONE);
    }
    SpaceShare made =
        new SpaceShare(
            draft.generation(), draft.values().length, kind.allowance(), kind.tools(), self);
    shares.put(space, made);
    return made;
  }

  @Override
  public void answer(Partition.Question question) {
    switch (question) {
      case VectorAsk.Get(String key, long generation, var replyTo) -> {
        SpaceShare share = share(VectorKey.space(key), generation);
        float[] vector = share == null ? null : share.vector(VectorKey.id(key));
        replyTo.tell(new Told.One(vector == null ? null : FloatBytes.encoded(vector)));
      }
      case VectorAsk.Find find -> {
        SpaceShare share = share(find.space(), find.generation());
        if (share == null) {
          find.replyTo().tell(new Told.Found(List.of()));
        } else {
          share.find(find);
        }
      }
      case VectorAsk.Sizes(var replyTo) ->
          replyTo.tell(
              new Told.Counted(
                  shares.entrySet().stream().map(e -> size(e.getKey(), e.getValue())).toList()));
      case VectorAsk.Seal seal -> seal.replyTo().tell(new Told.Sealed(sealed(seal)));
      case VectorAsk.Passed(SpaceShare share, Passes.Pass pass) -> share.passed(pass);
      default -> throw new IllegalStateException("not of vectors: " + question.getClass());
    }
  }

  private static VectorAsk.Size size(String space, SpaceShare share) {
    return new VectorAsk.Size(space, share.generation(), share.size());
  }

  private @Nullable SpaceShare share(String space, long generation) {
    SpaceShare share = shares.get(space);
    return share == null || share.generation() != generation ? null : share;
  }

  private List<String> sealed(VectorAsk.Seal seal) {
    if (sealed.size() >= MOST_SEALED) {
      sealed.clear(); // a write would have to be on its way since so many deletions ago
    }
    sealed.merge(seal.space(), seal.generation(), Math::max);
    SpaceShare share = share(seal.space(), seal.generation());
    return share == null ? List.of() : share.ids(seal.limit());
  }

  @Override
  public void close() {
    shares.values().forEach(share -> share.close(RESTARTING));
    shares.clear();
  }
}
