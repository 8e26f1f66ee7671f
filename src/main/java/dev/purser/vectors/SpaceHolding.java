package dev.purser.vectors;

import dev.purser.faults.ServiceError;
import dev.purser.partitions.Holding;
import dev.purser.partitions.Kind;
import dev.purser.partitions.Partition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The spaces whose names one partition owns: it alone decides a space's dimension, whichever
/// vectors come first at the same time. Confined to the partition.
final class SpaceHolding implements Holding<SpaceChange, SpaceRecord> {
  static final ServiceError MISSING = new ServiceError.NotFound("There is no space of this name.");
  static final ServiceError CLOSING = new ServiceError.Conflict("The space is being deleted.");

  private final Map<String, Held> spaces = new HashMap<>();
  private final int most;

  private record Held(long version, SpaceRecord space) {}

  /// Spaces as a kind of records.
  ///
  /// @param most spaces of one partition
  record Spaces(int most) implements Kind<SpaceChange, SpaceRecord> {
    @Override
    public String collection() {
      return "spaces";
    }

    @Override
    public Holding<SpaceChange, SpaceRecord> open(ActorRef<Partition.Command> self) {
      return new SpaceHolding(most);
    }
  }

  private SpaceHolding(int most) {
    this.most = most;
  }

  @Override
  public long version(String id) {
    Held held = spaces.get(id);
    return held == null ? 0 : held.version;
  }

  @Override
  public @Nullable SpaceRecord content(String id) {
    Held held = spaces.get(id);
    return held == null ? null : held.space;
  }

  @Override
  public Decided<SpaceRecord> decide(
      SpaceChange change, @Nullable SpaceRecord current, long version) {
    return switch (change) {
      case SpaceChange.Claim claim -> claimed(claim, current);
      case SpaceChange.Close _ -> closed(current);
      case SpaceChange.Forget forget -> forgotten(forget, current);
    };
  }

  private Decided<SpaceRecord> claimed(SpaceChange.Claim claim, @Nullable SpaceRecord current) {
    if (current != null) {
      return current.closing() ? new Decided.Refuse<>(CLOSING) : new Decided.Same<>();
    }
    if (spaces.size() >= most) {
      SpacesMetrics.INSTANCE.tooManySpaces();
      return new Decided.Refuse<>(new ServiceError.Overloaded("There are too many spaces"));
    }
    return new Decided.Put<>(new SpaceRecord(claim.dimension(), claim.generation(), false));
  }

  private static Decided<SpaceRecord> closed(@Nullable SpaceRecord current) {
    if (current == null) {
      return new Decided.Refuse<>(MISSING);
    }
    return current.closing()
        ? new Decided.Same<>()
        : new Decided.Put<>(new SpaceRecord(current.dimension(), current.generation(), true));
  }

  private static Decided<SpaceRecord> forgotten(
      SpaceChange.Forget forget, @Nullable SpaceRecord current) {
    if (current == null) {
      return new Decided.Refuse<>(MISSING);
    }
    return current.closing() && current.generation() == forget.generation()
        ? new Decided.Remove<>()
        : new Decided.Refuse<>(CLOSING);
  }

  @Override
  public byte[] encode(SpaceRecord content) {
    return content.encoded();
  }

  @Override
  public void put(String id, long version, SpaceRecord draft) {
    spaces.put(id, new Held(version, draft));
  }

  @Override
  public void discard(SpaceRecord draft) {
    // A draft holds nothing.
  }

  @Override
  public void load(String id, long version, byte[] content) {
    put(id, version, SpaceRecord.decoded(content));
  }

  @Override
  public void remove(String id) {
    spaces.remove(id);
  }

  @Override
  public void answer(Partition.Question question) {
    switch (question) {
      case SpaceAsk.One(String name, var replyTo) -> {
        SpaceRecord space = content(name);
        replyTo.tell(
            new SpaceAsk.Told.Known(
                space == null ? List.of() : List.of(new SpaceAsk.Named(name, space))));
      }
      case SpaceAsk.All(var replyTo) ->
          replyTo.tell(
              new SpaceAsk.Told.Known(
                  spaces.entrySet().stream()
                      .map(e -> new SpaceAsk.Named(e.getKey(), e.getValue().space))
                      .toList()));
      default -> throw new IllegalStateException("not of spaces: " + question.getClass());
    }
  }

  @Override
  public void close() {
    spaces.clear();
  }
}
