package dev.purser.http;

import static dev.purser.http.EdgeTest.assertProblem;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.database.Letter;
import dev.purser.database.Query;
import dev.purser.database.RunRow;
import dev.purser.ingest.Ingest;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Lists: pages, cursors and streams.
final class ListingTest {
  private static Served served;

  @BeforeAll
  static void serve() {
    served = new Served();
  }

  @AfterAll
  static void close() {
    served.close();
  }

  private static Query.StoredPurchase purchase(int n) {
    return new Query.StoredPurchase(
        new Purchase("p" + n, "s", null, 1, 100, "GBP", 1_000_000L * n, 0, Map.of()), 5);
  }

  @Test
  void purchases_morePages_cursorLeadsOn() {
    served.customers.answer =
        CompletableFuture.completedFuture(
            Optional.of(List.of(purchase(3), purchase(2), purchase(1))));
    JsonNode page = Served.tree(served.get("/v1/customers/1/purchases?limit=2")).path("data");

    assertThat(page.path("purchases")).hasSize(2);
    assertThat(page.path("purchases").path(0).toString())
        .isEqualTo(
            "{\"id\":\"p3\",\"sku\":\"s\",\"description\":null,\"quantity\":1,\"amount_minor\":100,"
                + "\"currency\":\"GBP\",\"at\":\""
                + page.path("purchases").path(0).path("at").asText()
                + "\",\"refunded_minor\":5}");
    String next = page.path("next").asText();
    assertThat(next).matches("[A-Za-z0-9_-]+");
    served.customers.queries.clear();
    served.get("/v1/customers/1/purchases?limit=2&after=" + next);
    assertThat(served.customers.queries)
        .containsExactly(new Query.Purchases("1", 3, new Query.Place(2_000_000, "p2")));
  }

  @Test
  void cursor_forgedOrOfAnotherList_unprocessable() {
    served.customers.answer =
        CompletableFuture.completedFuture(Optional.of(List.of(purchase(3), purchase(2))));
    String next =
        Served.tree(served.get("/v1/customers/1/purchases?limit=1"))
            .path("data")
            .path("next")
            .asText();
    for (String forged :
        List.of(
            next + "A",
            next.substring(1),
            "x",
            "%00",
            "AAAAAAAAAAAAAAAAAAAA",
            "",
            "a".repeat(5_000))) {
      assertProblem(
          served.get("/v1/customers/1/purchases?after=" + forged), 422, "ERR_VALIDATION", "after");
    }
    assertProblem(
        served.get("/v1/customers/1/refunds?after=" + next), 422, "ERR_VALIDATION", "after");
    assertProblem(served.get("/v1/dead-letters?after=" + next), 422, "ERR_VALIDATION", "after");
  }

  @Test
  void list_ofUnknownCustomer_notFound() {
    served.customers.answer = CompletableFuture.completedFuture(Optional.empty());
    assertProblem(served.get("/v1/customers/1/purchases"), 404, "ERR_NOT_FOUND", null);
    assertProblem(
        served.get("/v1/customers/1/refunds", "Accept", "application/x-ndjson"),
        404,
        "ERR_NOT_FOUND",
        null);
    assertProblem(served.get("/v1/customers/1/refunds/r"), 404, "ERR_NOT_FOUND", null);
  }

  @Test
  void refund_one_withState() {
    Refund refund = new Refund("r", null, null, null, null, 5, "GBP", "broken", 0, 0, Map.of());
    served.customers.answer =
        CompletableFuture.completedFuture(Optional.of(new Query.StoredRefund(refund, true)));
    JsonNode data = Served.tree(served.get("/v1/customers/1/refunds/r")).path("data");

    assertThat(data.path("state").asText()).isEqualTo("settled");
    assertThat(data.path("quantity").isNull()).isTrue();
    assertThat(data.path("purchase_id").isNull()).isTrue();
    assertThat(data.path("at").asText()).startsWith("1970-01-01T00:00:00").endsWith("Z");
  }

  @Test
  void segment_filters_handedOn() {
    served.customers.answer =
        CompletableFuture.completedFuture(new Query.SegmentPage(2, List.of("a", "b")));
    served.customers.queries.clear();
    HttpResponse<byte[]> r =
        served.get(
            "/v1/customers?preference.country=United+Kingdom&preference.%C3%A9=a%26b"
                + "&net_minor.gte=-5&net_minor.lt=10&currency=EUR&last_purchase_at.gte=1970-01-01T00:00:01Z");

    assertThat(Served.tree(r).path("data").toString())
        .isEqualTo("{\"count\":2,\"ids\":[\"a\",\"b\"],\"next\":null}");
    assertThat(served.customers.queries)
        .containsExactly(
            new Query.Segment(
                new Query.SegmentFilter(
                    Map.of("country", "United Kingdom", "é", "a&b"),
                    "EUR",
                    -5L,
                    10L,
                    1_000_000L,
                    null),
                true,
                51,
                null));
    assertProblem(served.get("/v1/customers?currency=EUR"), 422, "ERR_VALIDATION", "currency");
    assertProblem(
        served.get("/v1/customers?net_minor.gte=1.0"), 422, "ERR_VALIDATION", "net_minor.gte");
    assertProblem(
        served.get("/v1/customers?net_minor.gte=9007199254740992"),
        422,
        "ERR_VALIDATION",
        "net_minor.gte");
    assertProblem(
        served.get("/v1/customers?last_purchase_at.lt=yesterday"),
        422,
        "ERR_VALIDATION",
        "last_purchase_at.lt");
  }

  @Test
  void segment_expanded_profiles() {
    served.customers.answer =
        CompletableFuture.completedFuture(new Query.SegmentPage(2, List.of("a", "b")));
    JsonNode data = Served.tree(served.get("/v1/customers?expand=true")).path("data");

    assertThat(data.path("customers").findValuesAsText("id")).containsExactly("a", "b");
    HttpResponse<byte[]> lines =
        served.get("/v1/customers?expand=true", "Accept", "application/x-ndjson");
    assertThat(new String(lines.body(), StandardCharsets.UTF_8).lines())
        .hasSize(2)
        .allMatch(l -> l.startsWith("{\"id\":"));
  }

  @Test
  void letters_asLines_allPages() {
    served.bulk.letters =
        IntStream.rangeClosed(1, 1_234)
            .mapToObj(
                n ->
                    new Letter(
                        n,
                        "r",
                        n,
                        "invalid",
                        "ERR_VALIDATION",
                        "m",
                        "raw\u0001é",
                        null,
                        null,
                        "d" + n,
                        null,
                        0))
            .toList();
    HttpResponse<byte[]> r = served.get("/v1/dead-letters", "Accept", "application/x-ndjson");

    assertThat(r.headers().firstValue("Content-Type")).contains("application/x-ndjson");
    List<String> lines = new String(r.body(), StandardCharsets.UTF_8).lines().toList();
    assertThat(lines).hasSize(1_234);
    assertThat(lines.getLast()).contains("\"id\":1234").contains("\"raw\":\"raw\\u0001é\"");

    List<Long> paged = new ArrayList<>();
    String after = "";
    do {
      JsonNode data = Served.tree(served.get("/v1/dead-letters?limit=500" + after)).path("data");
      data.path("dead_letters").forEach(l -> paged.add(l.path("id").asLong()));
      after = data.path("next").isNull() ? null : "&after=" + data.path("next").asText();
    } while (after != null);
    assertThat(paged).hasSize(1_234).isSorted();
    assertThat(served.get("/v1/dead-letters/7").statusCode()).isEqualTo(200);
    assertThat(served.get("/v1/dead-letters/99999").statusCode()).isEqualTo(404);
    assertThat(served.get("/v1/dead-letters/x").statusCode()).isEqualTo(404);
  }

  @Test
  void letters_bulkWithoutFilter_unprocessable() {
    var none = BodyPublishers.noBody();
    assertProblem(served.send("DELETE", "/v1/dead-letters", none), 422, "ERR_VALIDATION", "run");
    assertProblem(
        served.send("POST", "/v1/dead-letters/replay", none), 422, "ERR_VALIDATION", "run");
    assertThat(
            Served.tree(served.send("DELETE", "/v1/dead-letters?reason=x", none))
                .path("data")
                .path("deleted")
                .asInt())
        .isEqualTo(3);
    assertThat(served.send("DELETE", "/v1/dead-letters/1", none).statusCode()).isEqualTo(204);
    assertThat(served.send("DELETE", "/v1/dead-letters/2", none).statusCode()).isEqualTo(404);
  }

  @Test
  void letter_replayed_correctedLineHandedOn() {
    served.bulk.replays.clear();
    HttpResponse<byte[]> r =
        served.send(
            "POST",
            "/v1/dead-letters/1/replay",
            BodyPublishers.ofString("a,é"),
            "Content-Type",
            "text/csv");
    served.send("POST", "/v1/dead-letters/2/replay", BodyPublishers.noBody());
    served.send("POST", "/v1/dead-letters/replay?run=r", BodyPublishers.noBody());

    assertThat(Served.tree(r).path("data").path("accepted").asInt()).isEqualTo(1);
    assertThat(served.bulk.replays)
        .containsExactly(
            new Ingest.Replay.One(1, "a,é"),
            new Ingest.Replay.One(2, null),
            new Ingest.Replay.All("r", null));
  }

  @Test
  void run_withASumBeyond64Bits_isToldToTheLastDigit() {
    String sum = "9907919180215089100";
    served.bulk.runs =
        List.of(
            new RunRow(
                "r1",
                "settlement",
                "done",
                "k",
                0,
                1L,
                "{\"settled\":[{\"currency\":\"GBP\",\"refunds\":1,\"amount_minor\":"
                    + sum
                    + "}]}"));
    assertThat(served.get("/v1/ingest/runs/r1").body())
        .asString(UTF_8)
        .contains("\"amount_minor\":" + sum + "}");
    assertThat(served.get("/v1/ingest/runs").body())
        .asString(UTF_8)
        .contains("\"amount_minor\":" + sum + "}");
  }

  @Test
  void runs_listed_withTheirReports() {
    served.bulk.runs =
        List.of(
            new RunRow("r2", "ingest", "done", null, 1_000, 2_000L, "{\"run\":\"r2\",\"lines\":5}"),
            new RunRow("r1", "settlement", "running", "k", 0, null, "{}"));
    JsonNode data = Served.tree(served.get("/v1/ingest/runs")).path("data");

    assertThat(data.path("runs").path(0).path("lines").asInt()).isEqualTo(5);
    assertThat(data.path("runs").path(1).path("key").asText()).isEqualTo("k");
    assertThat(data.path("runs").path(1).path("finished_at").isNull()).isTrue();
    assertThat(Served.tree(served.get("/v1/ingest/runs/r2")).path("data").path("run").asText())
        .isEqualTo("r2");
    assertProblem(served.get("/v1/ingest/runs/zz"), 404, "ERR_NOT_FOUND", null);
    served.bulk.cancelled = Optional.of(false);
    assertProblem(
        served.send("DELETE", "/v1/ingest/runs/r2", BodyPublishers.noBody()),
        409,
        "ERR_CONFLICT",
        null);
    served.bulk.cancelled = Optional.of(true);
    assertThat(served.send("DELETE", "/v1/ingest/runs/r2", BodyPublishers.noBody()).statusCode())
        .isEqualTo(204);
  }
}
