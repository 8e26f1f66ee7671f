package dev.purser.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.purser.customers.Customer;
import dev.purser.database.Query;
import dev.purser.database.Query.Place;
import dev.purser.database.Query.StoredPurchase;
import dev.purser.database.Query.StoredRefund;
import dev.purser.ledger.Change;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Rules;
import dev.purser.ledger.Timestamps;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/// Calls about one customer's purchases and refunds.
final class LedgerCalls {
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private LedgerCalls() {}

  static CompletionStage<Answer> postPurchase(Call call) {
    String id = call.id("id");
    Customer.Condition condition = call.condition();
    return call.body()
        .json()
        .thenCompose(
            json -> {
              Purchase p = CustomerCalls.good(call.doors().events().purchase(json));
              return post(call, id, p, condition, "/purchases/", p.id());
            });
  }

  static CompletionStage<Answer> postRefund(Call call) {
    String id = call.id("id");
    Customer.Condition condition = call.condition();
    return call.body()
        .json()
        .thenCompose(
            json -> {
              Refund r = CustomerCalls.good(call.doors().events().refund(json));
              return post(call, id, r, condition, "/refunds/", r.id());
            });
  }

  static CompletionStage<Answer> purchases(Call call) {
    String id = call.id("id");
    return new Rows<StoredPurchase>(
        call,
        "purchases",
        (limit, after) -> new Query.Purchases(id, limit, after),
        row -> new Place(row.purchase().atMicros(), row.purchase().id())) {
      @Override
      void write(JsonGenerator g, StoredPurchase row) throws IOException {
        LedgerCalls.write(g, row);
      }
    }.answer(call);
  }

  static CompletionStage<Answer> refunds(Call call) {
    String id = call.id("id");
    return new Rows<StoredRefund>(
        call,
        "refunds",
        (limit, after) -> new Query.Refunds(id, limit, after),
        row -> new Place(row.refund().atMicros(), row.refund().id())) {
      @Override
      void write(JsonGenerator g, StoredRefund row) throws IOException {
        LedgerCalls.write(g, row);
      }
    }.answer(call);
  }

  static CompletionStage<Answer> purchase(Call call) {
    return one(
        call,
        new Query.OnePurchase(call.id("id"), call.id("pid")),
        row -> Json.text(g -> write(g, row)));
  }

  static CompletionStage<Answer> refund(Call call) {
    return one(
        call,
        new Query.OneRefund(call.id("id"), call.id("rid")),
        row -> Json.text(g -> write(g, row)));
  }

  private static CompletionStage<Answer> post(
      Call call,
      String customer,
      Change change,
      Customer.@Nullable Condition condition,
      String folder,
      String id) {
    return call.apply(customer, change, condition)
        .thenApply(
            applied -> {
              boolean accepted = applied.outcomes().getFirst() instanceof Outcome.Accepted;
              byte[] json = acknowledged(accepted, applied.profile().version());
              String location = "/v1/customers/" + call.rawSegment("id") + folder + encoded(id);
              return new Answer.Data(
                  accepted ? 201 : 200, json, List.of(RawHeader.create("Location", location)));
            });
  }

  private static byte[] acknowledged(boolean accepted, long version) {
    return ("{\"outcome\":\""
            + (accepted ? "accepted" : "duplicate")
            + "\",\"version\":"
            + version
            + "}")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static <T> CompletionStage<Answer> one(
      Call call, Query<Optional<T>> query, Function<T, byte[]> encode) {
    return call.doors()
        .customers()
        .answer(query, call.deadlineMillis())
        .thenApply(
            found ->
                Answer.data(
                    encode.apply(
                        found.orElseThrow(
                            () -> Problem.notFound("There is none of this id.").refusal()))));
  }

  private static void write(JsonGenerator g, StoredPurchase row) throws IOException {
    Purchase p = row.purchase();
    g.writeStartObject();
    g.writeStringField("id", p.id());
    g.writeStringField("sku", p.sku());
    g.writeStringField("description", p.description());
    g.writeNumberField("quantity", p.quantity());
    g.writeNumberField("amount_minor", p.amountMinor());
    g.writeStringField("currency", p.currency());
    g.writeStringField("at", Timestamps.format(p.atMicros()));
    g.writeNumberField("refunded_minor", row.refundedMinor());
    g.writeEndObject();
  }

  private static void write(JsonGenerator g, StoredRefund row) throws IOException {
    Refund r = row.refund();
    g.writeStartObject();
    g.writeStringField("id", r.id());
    g.writeStringField("purchase_id", r.purchaseId());
    g.writeStringField("sku", r.sku());
    g.writeStringField("description", r.description());
    if (r.quantity() == null) {
      g.writeNullField("quantity");
    } else {
      g.writeNumberField("quantity", r.quantity());
    }
    g.writeNumberField("amount_minor", r.amountMinor());
    g.writeStringField("currency", r.currency());
    g.writeStringField("reason", r.reason());
    g.writeStringField("at", Timestamps.format(r.atMicros()));
    g.writeStringField("state", row.settled() ? "settled" : "pending");
    g.writeEndObject();
  }

  /// `id` as a path segment: everything but unreserved characters percent-encoded.
  private static String encoded(String id) {
    StringBuilder out = new StringBuilder(id.length() + 8);
    for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (plain || c == '-' || c == '_' || c == '.' || c == '~') {
        out.append(c);
      } else {
        HEX.toHexDigits(out.append('%'), b);
      }
    }
    return out.toString();
  }

  /// One customer's rows, newest first.
  private abstract static class Rows<T extends Query.PageRow> extends Listing<T> {
    private final Call call;
    private final String name;
    private final Ask<T> ask;
    private final Function<T, Place> place;

    /// Microseconds since 1970, of years up to 9999, and an id.
    private static final Pattern PLACE =
        Pattern.compile("(0|[1-9][0-9]{0,17}) (.*)", Pattern.DOTALL);

    @FunctionalInterface
    interface Ask<T extends Query.PageRow> {
      Query<Optional<List<T>>> query(int limit, @Nullable Place after);
    }

    Rows(Call call, String name, Ask<T> ask, Function<T, Place> place) {
      this.call = call;
      this.name = name;
      this.ask = ask;
      this.place = place;
    }

    @Override
    String name() {
      return name;
    }

    @Override
    CompletionStage<Page<T>> page(int limit, @Nullable String at, boolean counted) {
      return call.doors()
          .customers()
          .answer(ask.query(limit, at == null ? null : parsed(at)), call.freshDeadlineMillis())
          .thenApply(
              found -> {
                List<T> rows =
                    found.orElseThrow(
                        () -> Problem.notFound("This customer is unknown.").refusal());
                return new Page<>(rows, -1, Query.full(rows));
              });
    }

    @Override
    String place(T row) {
      Place p = place.apply(row);
      return p.atMicros() + " " + p.id();
    }

    @Override
    boolean isPlace(String place) {
      Matcher parts = PLACE.matcher(place);
      return parts.matches() && Rules.whyNotId(parts.group(2)) == null;
    }

    private static Place parsed(String place) {
      int blank = place.indexOf(' ');
      return new Place(Long.parseLong(place.substring(0, blank)), place.substring(blank + 1));
    }
  }
}
