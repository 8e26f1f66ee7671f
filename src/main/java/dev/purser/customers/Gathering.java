package dev.purser.customers;

import dev.purser.customers.Customer.Reply;
import dev.purser.customers.Customer.Seen;
import dev.purser.customers.Customers.Lookup;
import dev.purser.faults.ServiceError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.jspecify.annotations.Nullable;

/// One lookup: asks all customers at once whose answer is not known, and gathers what they say.
/// Lives until the last has answered or the deadline has passed, whichever is first. Confined to
/// its actor; only the future leaves it.
final class Gathering {
  private final Map<String, @Nullable Reply> replies;
  private final List<String> ids;
  private final CompletableFuture<Lookup> result;
  private int missing;

  sealed interface Command extends NoSerializationVerificationNeeded {}

  private record Answered(Seen seen) implements Command {}

  private record Late() implements Command {}

  static Behavior<Command> create(
      ActorRef<ShardingEnvelope<Customer.Command>> customers,
      Answers answers,
      List<String> ids,
      long deadlineMillis,
      Duration patience,
      CompletableFuture<Lookup> result) {
    return Behaviors.setup(
        context -> {
          Gathering gathering = new Gathering(ids, result);
          gathering.ask(context, customers, answers, deadlineMillis);
          var _ = context.scheduleOnce(patience, context.getSelf(), new Late());
          return gathering.missing == 0 ? gathering.gathered() : gathering.gathering();
        });
  }

  private Gathering(List<String> ids, CompletableFuture<Lookup> result) {
    this.ids = ids;
    this.result = result;
    this.missing = ids.size();
    replies = HashMap.newHashMap(ids.size());
  }

  private void ask(
      ActorContext<Command> context,
      ActorRef<ShardingEnvelope<Customer.Command>> customers,
      Answers known,
      long deadlineMillis) {
    ActorRef<Seen> answers = context.messageAdapter(Seen.class, Answered::new);
    for (String id : ids) {
      Reply.Read answer = known.find(id);
      if (answer == null) {
        customers.tell(new ShardingEnvelope<>(id, new Customer.Look(id, deadlineMillis, answers)));
      } else if (replies.put(id, answer) == null) {
        missing--;
      }
    }
  }

  private Behavior<Command> gathering() {
    return Behaviors.receiveMessage(
        command ->
            switch (command) {
              case Answered(Seen seen) -> {
                if (replies.put(seen.id(), seen.reply()) == null) {
                  missing--;
                }
                yield missing == 0 ? gathered() : Behaviors.same();
              }
              case Late _ -> gathered();
            });
  }

  private Behavior<Command> gathered() {
    List<Reply.Read> found = new ArrayList<>(ids.size());
    List<String> unknown = new ArrayList<>();
    List<String> failed = new ArrayList<>();
    ServiceError error = null;
    for (String id : ids) {
      switch (replies.get(id)) {
        case Reply.Read read -> found.add(read);
        case Reply.Refused(ServiceError.NotFound _, boolean _) -> unknown.add(id);
        case Reply.Refused(ServiceError e, boolean _) -> {
          failed.add(id);
          error = e;
        }
        case Reply.Applied _ -> failed.add(id);
        case null -> {
          failed.add(id);
          error = error == null ? Customers.TIMEOUT : error;
        }
      }
    }
    var _ = result.complete(new Lookup(found, unknown, failed, error));
    return Behaviors.stopped();
  }
}
