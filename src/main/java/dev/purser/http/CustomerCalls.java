package dev.purser.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.customers.Customer;
import dev.purser.customers.Customer.Reply;
import dev.purser.customers.ProfileJson;
import dev.purser.faults.Fault;
import dev.purser.faults.FieldError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.EventJson.Reading;
import dev.purser.ledger.JsonFields;
import dev.purser.ledger.Rules;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/// Calls about one customer's profile, and the look-up of many.
final class CustomerCalls {
  private static final byte[] COMMA = {','};
  private static final HttpHeader MEMORY = RawHeader.create("Purser-Source", "memory");
  private static final HttpHeader DATABASE = RawHeader.create("Purser-Source", "database");
  private static final HttpHeader CACHE = RawHeader.create("Purser-Source", "cache");
  private static final int MOST_IDS = 1_000;

  /// Bytes of the profiles of one look-up, but for the last one: a thousand with eight KiB each.
  private static final int MOST_PROFILES = 8 << 20;

  private static final int SHORT_PROFILE = 1 << 10;

  private CustomerCalls() {}

  static CompletionStage<Answer> get(Call call) {
    return call.doors()
        .customers()
        .read(call.id("id"), call.deadlineMillis())
        .thenApply(reply -> profile(call, reply));
  }

  static CompletionStage<Answer> put(Call call) {
    String id = call.id("id");
    Customer.Condition condition = call.condition();
    return call.body()
        .json()
        .thenCompose(
            json ->
                call.apply(id, good(call.doors().events().profile(json)), condition)
                    .thenApply(applied -> replaced(call, applied)));
  }

  static CompletionStage<Answer> patch(Call call) {
    String id = call.id("id");
    Customer.Condition condition = call.condition();
    return call.body()
        .json("application/merge-patch+json")
        .thenCompose(
            json ->
                call.apply(id, good(call.doors().events().patch(json)), condition)
                    .thenApply(applied -> replaced(call, applied)));
  }

  static CompletionStage<Answer> delete(Call call) {
    Change erase = new Erase(call.query().flag("suppress"));
    String id = call.id("id");
    return call.apply(id, erase, call.condition())
        .thenCompose(_ -> call.doors().vectors().tasteSettled(id))
        .<Answer>thenApply(_ -> new Answer.Bare(204, List.of()))
        .exceptionallyCompose(failure -> onlyNamed(call, id, failure));
  }

  /// Whoever is no customer may be named by dead letters all the same, and asks for them to be
  /// gone.
  private static CompletionStage<Answer> onlyNamed(Call call, String id, Throwable failure) {
    boolean unknown = Fault.cause(failure) instanceof Refusal r && r.problem().status() == 404;
    if (!unknown) {
      return CompletableFuture.failedStage(failure);
    }
    return call.doors()
        .customers()
        .dropLetters(id, call.deadlineMillis())
        .thenCompose(
            any ->
                any
                    ? CompletableFuture.completedStage(new Answer.Bare(204, List.of()))
                    : CompletableFuture.failedStage(failure));
  }

  static CompletionStage<Answer> lookup(Call call) {
    return call.body()
        .json()
        .thenCompose(
            json -> {
              List<String> ids = ids(json);
              call.reserve((long) ids.size() * SHORT_PROFILE);
              return Profiles.of(call, ids, MOST_PROFILES, call.deadlineMillis());
            })
        .thenApply(profiles -> found(call, profiles));
  }

  static CompletionStage<Answer> liftSuppression(Call call) {
    return call.doors()
        .customers()
        .liftSuppression(call.id("id"), call.deadlineMillis())
        .thenApply(
            lifted -> {
              if (!lifted) {
                throw Problem.notFound("This id is not suppressed.").refusal();
              }
              return new Answer.Bare(204, List.of());
            });
  }

  /// The value of a reading, or its refusal.
  static <T> T good(Reading<T> reading) {
    return switch (reading) {
      case Reading.Good<T> g -> g.value();
      case Reading.Bad<T> b -> throw Problem.invalid(b.errors()).refusal();
    };
  }

  private static Answer profile(Call call, Reply reply) {
    return switch (reply) {
      case Reply.Read r -> {
        List<HttpHeader> headers = List.of(tag(r.version()), source(r.source()));
        yield Preconditions.unchanged(call.head(), r.version())
            ? new Answer.Bare(304, headers)
            : new Answer.Data(200, shown(call, r), headers);
      }
      case Reply.Refused r -> throw Problem.of(r.error(), null).refusal();
      case Reply.Applied _ -> throw new IllegalStateException("a read was answered as a write");
    };
  }

  /// The profile as it is told: while the database is away nothing can be said to be current, not
  /// even what a customer has in memory.
  private static byte[] shown(Call call, Reply.Read read) {
    return call.doors().operations().degraded().contains("database")
        ? ProfileJson.stale(read.json())
        : read.json();
  }

  private static Answer replaced(Call call, Reply.Applied applied) {
    byte[] json = ProfileJson.encode(applied.profile(), false);
    HttpHeader tag = tag(applied.profile().version());
    return applied.created()
        ? new Answer.Data(
            201,
            json,
            List.of(tag, RawHeader.create("Location", "/v1/customers/" + call.rawSegment("id"))))
        : new Answer.Data(200, json, List.of(tag));
  }

  private static HttpHeader tag(long version) {
    return RawHeader.create("ETag", Preconditions.tag(version));
  }

  private static HttpHeader source(Customer.Source source) {
    return switch (source) {
      case MEMORY -> MEMORY;
      case DATABASE -> DATABASE;
      case CACHE -> CACHE;
    };
  }

  /// The distinct ids of a look-up, in the order asked.
  private static List<String> ids(JsonNode json) {
    JsonFields fields = new JsonFields(json, "body");
    fields.refuseUnknown(Set.of("ids"));
    JsonNode ids = json.path("ids");
    Set<String> distinct = new LinkedHashSet<>();
    List<FieldError> errors = new ArrayList<>(fields.errors());
    if (json.isObject() && (!ids.isArray() || ids.isEmpty() || ids.size() > MOST_IDS)) {
      errors.add(new FieldError("ids", "must be an array of 1 to " + MOST_IDS + " ids"));
    } else {
      for (int i = 0; i < ids.size() && errors.size() < 10; i++) {
        String whyNot =
            ids.get(i).isTextual() ? Rules.whyNotId(ids.get(i).textValue()) : "must be a string";
        if (whyNot != null) {
          errors.add(new FieldError("ids[" + i + "]", whyNot));
        }
        distinct.add(ids.get(i).asText());
      }
    }
    if (!errors.isEmpty()) {
      throw Problem.invalid(errors).refusal();
    }
    return List.copyOf(distinct);
  }

  private static Answer found(Call call, Profiles lookup) {
    if (lookup.found().isEmpty() && lookup.missing().isEmpty() && lookup.error() != null) {
      throw Problem.of(lookup.error(), null).refusal();
    }
    // A thousand customers may come to some 300 MiB: their answers are sent as they are.
    List<byte[]> parts = new ArrayList<>(2 * lookup.found().size() + 2);
    parts.add("{\"customers\":[".getBytes(StandardCharsets.US_ASCII));
    for (Reply.Read r : lookup.found()) {
      if (parts.size() > 1) {
        parts.add(COMMA);
      }
      parts.add(shown(call, r));
    }
    byte[] rest =
        Json.object(
            g -> {
              Json.strings(g, "missing", lookup.missing());
              Json.strings(g, "failed", lookup.failed());
            });
    rest[0] = ','; // goes on in the same object
    parts.add("]".getBytes(StandardCharsets.US_ASCII));
    parts.add(rest);
    return new Answer.Pieces(parts);
  }
}
