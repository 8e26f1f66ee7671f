package dev.purser.ingest;

import dev.purser.customers.Customer.Reply;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/// Customers that live in maps: ids decide, nothing is totalled. Safe for many threads.
final class StubCustomers implements CustomerWrites {
  final Map<String, List<Change>> accepted = new HashMap<>();
  private final Map<String, Set<String>> known = new HashMap<>();
  private final Set<String> inFlight = new HashSet<>();
  int overlaps;
  int calls;

  /// Called before each batch is applied; a reply other than null is given instead.
  volatile Function<String, Reply> fault = _ -> null;

  /// Called with each finished answer; the stage that it gives is the one that callers see.
  volatile Function<Reply, CompletionStage<Reply>> delay = CompletableFuture::completedFuture;

  @Override
  public CompletionStage<Reply> apply(String id, List<Change> changes, long deadlineMillis) {
    Reply reply;
    synchronized (this) {
      calls++;
      overlaps += inFlight.add(id) ? 0 : 1;
      Reply refused = fault.apply(id);
      reply = refused == null ? apply(id, changes) : refused;
    }
    return delay
        .apply(reply)
        .thenApply(
            r -> {
              synchronized (this) {
                inFlight.remove(id);
              }
              return r;
            });
  }

  synchronized long events() {
    return accepted.values().stream().mapToLong(List::size).sum();
  }

  private Reply apply(String id, List<Change> changes) {
    boolean created = !accepted.containsKey(id);
    List<Outcome> outcomes = new ArrayList<>();
    for (Change change : changes) {
      String key =
          switch (change) {
            case Purchase p -> "p" + p.id();
            case Refund r -> "r" + r.id();
            case Preferences p -> "m" + p.values();
            default -> throw new IllegalArgumentException(change.toString());
          };
      if (change instanceof Purchase p && p.sku().equals("CONFLICT")) {
        outcomes.add(new Outcome.Refused(new ServiceError.Conflict("other content")));
      } else if (known.computeIfAbsent(id, _ -> new HashSet<>()).add(key)) {
        accepted.computeIfAbsent(id, _ -> new ArrayList<>()).add(change);
        outcomes.add(Outcome.ACCEPTED);
      } else {
        outcomes.add(Outcome.DUPLICATE);
      }
    }
    return new Reply.Applied(outcomes, Profile.absent(id), created);
  }
}
