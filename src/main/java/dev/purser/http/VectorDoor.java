package dev.purser.http;

import dev.purser.partitions.Partition;
import dev.purser.vectors.Neighbour;
import dev.purser.vectors.Spaces;
import dev.purser.vectors.VectorChange;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/// What the edge asks of [Spaces], whose contract holds here too. Safe for many threads.
public interface VectorDoor {

  CompletionStage<Partition.Reply> apply(VectorChange change, long deadlineMillis);

  CompletionStage<Optional<float[]>> get(String space, String id, long deadlineMillis);

  CompletionStage<List<Spaces.Space>> all(long deadlineMillis);

  CompletionStage<Optional<List<Neighbour>>> search(
      String space, Spaces.Question question, long deadlineMillis);

  CompletionStage<Boolean> drop(String space, long deadlineMillis);

  /// Who is most like a customer, best first; nobody if it has no taste.
  CompletionStage<List<Neighbour>> similar(String customer, int k, long deadlineMillis);

  /// Completed when what a customer's saves did to its taste has been done, or after some patience.
  CompletionStage<Done> tasteSettled(String customer);

  /// Computes all tastes anew, in the background; false if that cannot begin now.
  CompletionStage<Boolean> rebuildTaste();

  /// The door of `spaces`; what comes through it is interactive.
  static VectorDoor of(Spaces spaces) {
    return new VectorDoor() {
      @Override
      public CompletionStage<Partition.Reply> apply(VectorChange change, long deadlineMillis) {
        return spaces.apply(spaces.partition(change.id()), List.of(change), false, deadlineMillis);
      }

      @Override
      public CompletionStage<Optional<float[]>> get(String space, String id, long deadlineMillis) {
        return spaces.get(space, id, deadlineMillis);
      }

      @Override
      public CompletionStage<List<Spaces.Space>> all(long deadlineMillis) {
        return spaces.all(deadlineMillis);
      }

      @Override
      public CompletionStage<Optional<List<Neighbour>>> search(
          String space, Spaces.Question question, long deadlineMillis) {
        return spaces.search(space, question, deadlineMillis);
      }

      @Override
      public CompletionStage<Boolean> drop(String space, long deadlineMillis) {
        return spaces.drop(space, deadlineMillis);
      }

      @Override
      public CompletionStage<List<Neighbour>> similar(String customer, int k, long deadlineMillis) {
        return spaces.taste().similar(customer, k, deadlineMillis);
      }

      @Override
      public CompletionStage<Done> tasteSettled(String customer) {
        return spaces.taste().settled(customer);
      }

      @Override
      public CompletionStage<Boolean> rebuildTaste() {
        return spaces.taste().rebuild();
      }
    };
  }
}
