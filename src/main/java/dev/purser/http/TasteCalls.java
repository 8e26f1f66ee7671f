package dev.purser.http;

import dev.purser.customers.Customer.Reply;
import java.util.List;
import java.util.concurrent.CompletionStage;

/// Calls about who is like whom.
final class TasteCalls {
  private static final int MOST_NEIGHBOURS = 1_000;
  private static final int NEIGHBOURS = 10;

  private TasteCalls() {}

  static CompletionStage<Answer> similar(Call call) {
    String id = call.id("id");
    int k = call.query().integer("k", 1, MOST_NEIGHBOURS, NEIGHBOURS);
    return call.doors()
        .customers()
        .read(id, call.deadlineMillis())
        .thenCompose(
            reply ->
                switch (reply) {
                  case Reply.Read _ -> call.doors().vectors().similar(id, k, call.deadlineMillis());
                  case Reply.Refused r -> throw Problem.of(r.error(), null).refusal();
                  case Reply.Applied _ ->
                      throw new IllegalStateException("a read was answered as a write");
                })
        .thenApply(VectorCalls::results);
  }

  static CompletionStage<Answer> rebuild(Call call) {
    return call.doors()
        .vectors()
        .rebuildTaste()
        .thenApply(
            begun -> {
              if (!begun) {
                throw Problem.of(
                        409, "ERR_CONFLICT", "Tastes are being compared or rebuilt already.")
                    .refusal();
              }
              return new Answer.Data(
                  202, Json.object(g -> g.writeBooleanField("rebuilding", true)), List.of());
            });
  }
}
