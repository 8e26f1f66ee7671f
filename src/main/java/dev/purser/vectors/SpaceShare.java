package dev.purser.vectors;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.faults.ServiceError;
import dev.purser.partitions.Partition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// What one partition holds of one space: its block, what is to be changed in it as soon as the
/// workers have given it back, and its searches. A change is visible to every read and every search
/// that comes after it. Confined to the partition.
final class SpaceShare {
  private final long generation;
  private final Block block;
  private final Allowance allowance;
  private final Passes passes;

  /// Bounded by the allowance, from which each new row is taken before it comes here.
  private final Map<String, Deferred> deferred = new LinkedHashMap<>();

  /// A change that waits.
  ///
  /// @param draft null to remove the vector
  private record Deferred(long version, @Nullable VectorDraft draft) {}

  SpaceShare(
      long generation,
      int dimension,
      Allowance allowance,
      Passes.Tools tools,
      ActorRef<Partition.Command> self) {
    this.generation = generation;
    this.allowance = allowance;
    this.block = new Block(dimension, allowance);
    this.passes = new Passes(block, tools, pass -> self.tell(new VectorAsk.Passed(this, pass)));
  }

  long generation() {
    return generation;
  }

  int dimension() {
    return block.dimension();
  }

  long version(String id) {
    Deferred late = deferred.get(id);
    return late == null ? block.version(id.getBytes(UTF_8)) : late.version;
  }

  /// The vector of `id`, not to be changed.
  float @Nullable [] vector(String id) {
    Deferred late = deferred.get(id);
    if (late == null) {
      return block.get(id.getBytes(UTF_8));
    }
    return late.draft == null ? null : late.draft.values();
  }

  long size() {
    long size = block.size();
    for (Map.Entry<String, Deferred> late : deferred.entrySet()) {
      boolean there = block.version(late.getKey().getBytes(UTF_8)) != 0;
      size += (late.getValue().draft == null ? 0 : 1) - (there ? 1 : 0);
    }
    return size;
  }

  boolean isEmpty() {
    return block.size() == 0 && deferred.isEmpty() && !passes.lent();
  }

  void put(String id, long version, VectorDraft draft) {
    change(id, new Deferred(version, draft));
  }

  void remove(String id) {
    change(id, new Deferred(0, null));
  }

  private void change(String id, Deferred change) {
    if (passes.lent()) {
      Deferred before = deferred.put(id, change);
      if (before != null && before.draft != null) {
        allowance.give(before.draft.reserved());
      }
    } else {
      apply(id, change);
    }
  }

  private void apply(String id, Deferred change) {
    VectorDraft draft = change.draft;
    if (draft == null) {
      block.remove(id.getBytes(UTF_8));
    } else {
      block.put(id.getBytes(UTF_8), change.version, draft.values());
      allowance.give(draft.reserved());
    }
  }

  /// Some ids, in no order.
  List<String> ids(int limit) {
    List<String> ids = new ArrayList<>();
    for (int row = 0; row < block.size() && ids.size() < limit; row++) {
      ids.add(new String(block.ids().at(row), UTF_8));
    }
    return ids;
  }

  void find(VectorAsk.Find find) {
    passes.add(find);
    passes.begin();
  }

  /// The workers have given the block back.
  void passed(Passes.Pass pass) {
    if (passes.ended(pass)) {
      deferred.forEach(this::apply);
      deferred.clear();
      passes.begin();
    }
  }

  /// Gives everything up.
  void close(ServiceError why) {
    passes.close(why);
    deferred.values().stream()
        .filter(d -> d.draft != null)
        .forEach(d -> allowance.give(d.draft.reserved()));
    deferred.clear();
    block.close();
  }

  /// Every id and its version.
  Map<String, Long> versions() {
    Map<String, Long> versions = new LinkedHashMap<>();
    for (String id : ids(Integer.MAX_VALUE)) {
      versions.put(id, version(id));
    }
    deferred.forEach((id, late) -> versions.put(id, late.version));
    return versions;
  }
}
