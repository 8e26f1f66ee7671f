package dev.purser.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.customers.Customer;
import dev.purser.customers.Customer.Reply;
import dev.purser.customers.ProfileJson;
import dev.purser.ledger.ExactSum;
import dev.purser.ledger.JsonFields;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Settle;
import dev.purser.ledger.Totals;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Calls that apply pending refunds.
final class SettlementCalls {

  private SettlementCalls() {}

  static CompletionStage<Answer> one(Call call) {
    String id = call.id("id");
    Customer.Condition condition = call.condition();
    return call.body()
        .optionalJson()
        .thenCompose(json -> call.apply(id, new Settle(key(json)), condition))
        .thenApply(SettlementCalls::settled);
  }

  static CompletionStage<Answer> all(Call call) {
    return call.body()
        .optionalJson()
        .thenCompose(json -> Runs.answer(call, call.doors().customers().settleAll(key(json))));
  }

  private static @Nullable String key(JsonNode json) {
    if (json.isMissingNode()) {
      return null;
    }
    JsonFields fields = new JsonFields(json, "body");
    fields.refuseUnknown(Set.of("id"));
    String key = fields.optionalId("id");
    if (!fields.errors().isEmpty()) {
      throw Problem.invalid(fields.errors()).refusal();
    }
    return key;
  }

  private static Answer settled(Reply.Applied applied) {
    if (!(applied.outcomes().getFirst() instanceof Outcome.Settled settled)) {
      throw new IllegalStateException("a settlement was answered as something else");
    }
    return Answer.data(
        g -> {
          g.writeStringField("outcome", settled.duplicate() ? "duplicate" : "settled");
          Runs.writeSettled(g, settled.sums().stream().map(ExactSum::of).toList());
          g.writeArrayFieldStart("totals");
          for (Totals totals : settled.totals()) {
            ProfileJson.write(g, totals);
          }
          g.writeEndArray();
        });
  }
}
