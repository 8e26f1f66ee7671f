package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a scraper reads from a running server. The server takes in few events at once and its cache
/// holds next to nothing, so that back-pressure and evictions are its daily life.
final class MetricsIT {
  private static final Duration WITHIN = Duration.ofSeconds(20);
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  /// What Prometheus 2 and 3 send.
  private static final List<String> SCRAPERS =
      List.of(
          "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
              + "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
          "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
              + "application/openmetrics-text;version=0.0.1;q=0.4,"
              + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
              + "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
          "application/openmetrics-text",
          "application/openmetrics-text; version=1.0.0; charset=utf-8");

  @TempDir private static Path data;
  private static PurserProcess server;
  private static Exposition first;

  @BeforeAll
  static void serve() throws Exception {
    server =
        PurserProcess.serve(
            data,
            Map.of("PURSER_INGEST_IN_FLIGHT_EVENTS", "64", "PURSER_CACHE_MAX_WEIGHT", "64 KiB"));
    first = Exposition.ofText(scrape("*/*").body());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void jvm_onTheFirstScrape_isCurrent() {
    for (String gauge :
        List.of("jvm_heap_used_bytes", "jvm_heap_max_bytes", "jvm_threads", "jvm_direct_bytes")) {
      assertThat(first.type(gauge)).isEqualTo("gauge");
      assertThat(first.sum(gauge)).as(gauge).isPositive();
    }
    assertThat(first.sum("process_uptime_seconds")).isBetween(0.1, 120.0);
  }

  @Test
  void jvm_ofTwoScrapesWithinATick_isReadAtEach() throws Exception {
    double before = uptime();
    long start = System.nanoTime();
    double between;
    do {
      send("GET", "/health/live", "");
      between = (System.nanoTime() - start) / 1e9;
    } while (between < 0.02);
    assertThat(uptime() - before).isGreaterThan(between - 0.002); // it is in whole milliseconds
  }

  @Test
  void jvm_whatOnlyGrows_isACounter() {
    assertThat(first.type("jvm_gc_collections_total")).isEqualTo("counter");
    assertThat(first.type("jvm_gc_seconds_total")).isEqualTo("counter");
  }

  @Test
  void requests_ofEachMethod_labelledByIt() throws Exception {
    send("HEAD", "/v1/customers/nobody", "");
    send("GET", "/v1/customers/nobody", "");
    send("PATCH", "/v1/customers/nobody", "{}");
    send("PROPFIND", "/v1/customers/nobody", "");
    String one = "/v1/customers/{id}";
    Exposition scrape =
        scrapeUntil(
            e ->
                e.families().containsKey("requests_total")
                    && e.sum("requests_total", "method", "PATCH", "endpoint", one) > 0);
    for (String method : List.of("HEAD", "GET", "PATCH")) {
      String[] labels = {"method", method, "endpoint", one, "status", "404"};
      assertThat(scrape.sum("requests_total", labels)).as(method).isEqualTo(1);
      assertThat(scrape.sum("request_duration_seconds", labels)).as(method).isPositive();
    }
    assertThat(scrape.families().get("requests_total").samples().keySet())
        .allSatisfy(s -> assertThat(s.labels()).containsOnlyKeys("endpoint", "method", "status"))
        .noneMatch(s -> s.labels().containsValue("PROPFIND"));
  }

  @Test
  void scrapes_oneAfterTheOther_growAndKeepTheirSeries() throws Exception {
    Exposition before = Exposition.ofText(scrape("text/plain").body());
    send("PUT", "/v1/customers/someone", "{\"preferences\":{}}");
    Exposition after =
        scrapeUntil(
            e ->
                e.families().containsKey("requests_total")
                    && e.sum("requests_total", "method", "PUT", "status", "201") > 0);
    assertThat(after.growing())
        .allSatisfy(
            (series, value) ->
                assertThat(value)
                    .as("%s", series)
                    .isGreaterThanOrEqualTo(before.growing().getOrDefault(series, 0.0)));
    assertThat(after.growing().keySet()).containsAll(before.growing().keySet());
  }

  @Test
  void scrape_asAScraperAsksForIt_isWhatAcceptAllows() throws Exception {
    for (String accept : SCRAPERS) {
      HttpResponse<String> scrape = scrape(accept);
      assertThat(scrape.statusCode()).as(accept).isEqualTo(200);
      assertThat(scrape.headers().firstValue("Content-Type"))
          .hasValue("application/openmetrics-text; version=1.0.0; charset=UTF-8");
      assertThat(Exposition.ofOpenMetrics(scrape.body()).families().keySet())
          .containsAll(first.families().keySet());
    }
    for (String accept : List.of("text/plain;version=0.0.4;q=0.3,*/*;q=0.1", "text/*", "*/*")) {
      HttpResponse<String> scrape = scrape(accept);
      assertThat(scrape.headers().firstValue("Content-Type"))
          .hasValue("text/plain; version=0.0.4; charset=UTF-8");
      Exposition.ofText(scrape.body());
    }
    assertThat(scrape("application/json").statusCode()).isEqualTo(406);
  }

  @Test
  void limits_underOrdinaryBackPressure_areNotHit() throws Exception {
    String lines =
        IntStream.range(0, 3_000)
            .mapToObj(
                i ->
                    "{\"type\":\"purchase\",\"customer_id\":\"c%d\",\"id\":\"p\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":1}"
                        .formatted(i % 500))
            .collect(Collectors.joining("\n"));
    Http http = new Http(server);
    assertThat(http.ingest(lines).data().get("rejected").asInt()).isZero();
    for (int i = 0; i < 50; i++) {
      assertThat(http.get("/v1/customers/c" + i).status()).isEqualTo(200);
    }
    Exposition scrape =
        scrapeUntil(
            e ->
                e.families().containsKey("ingest_waits_total")
                    && e.sum("ingest_waits_total") > 0
                    && e.sum("cache_evictions_total", "reason", "weight") > 0);
    assertThat(scrape.families().get("limit_hit_total").samples())
        .isNotEmpty()
        .allSatisfy((series, hits) -> assertThat(hits).as("%s", series.labels()).isZero());
  }

  private static Exposition scrapeUntil(Predicate<Exposition> enough) throws Exception {
    long start = System.nanoTime();
    while (true) {
      Exposition scrape = Exposition.ofText(scrape("text/plain").body());
      if (enough.test(scrape)) {
        return scrape;
      }
      assertThat(System.nanoTime() - start)
          .as("what was done shows within %s; it shows %s", WITHIN, scrape.families().keySet())
          .isLessThan(WITHIN.toNanos());
    }
  }

  private static double uptime() throws Exception {
    return Exposition.ofText(scrape("*/*").body()).sum("process_uptime_seconds");
  }

  private static HttpResponse<String> scrape(String accept) throws Exception {
    HttpRequest get =
        HttpRequest.newBuilder(server.uri("/metrics")).header("Accept", accept).build();
    return CLIENT.send(get, BodyHandlers.ofString());
  }

  private static void send(String method, String path, String json) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(path));
    if (!json.isEmpty()) {
      request.header("Content-Type", "application/json");
    }
    CLIENT.send(
        request.method(method, BodyPublishers.ofString(json)).build(), BodyHandlers.discarding());
  }
}
