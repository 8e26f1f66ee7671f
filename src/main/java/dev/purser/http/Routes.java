package dev.purser.http;

import static dev.purser.http.Role.ANYONE;
import static dev.purser.http.Role.OPERATOR;
import static dev.purser.http.Role.READER;
import static dev.purser.http.Role.WRITER;

import dev.purser.http.Route.Form;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The route table: every URL that this edge answers, who may call it, which query parameters it
/// knows and who answers it.
public final class Routes {

  /// All routes. HEAD answers as GET, and OPTIONS is answered for every template.
  public static final List<Route> TABLE =
      Stream.of(
              customers(),
              ledger(),
              documents(),
              vectors(),
              ingest(),
              letters(),
              kernels(),
              node(),
              ops())
          .flatMap(List::stream)
          .toList();

  /// Every method that some route has, in the form of `Allow`.
  static final String METHODS =
      Stream.concat(TABLE.stream().map(Route::method), Stream.of("HEAD", "OPTIONS"))
          .distinct()
          .sorted()
          .collect(Collectors.joining(", "));

  private static final List<Route> BENCHMARK =
      List.of(
          Route.of("GET", "/bench/constant/{id}", READER, BenchmarkCalls::get),
          Route.of("POST", "/bench/constant/{id}/purchases", WRITER, BenchmarkCalls::post),
          Route.of("POST", "/bench/echo", READER, BenchmarkCalls::echo).as(Form.OCTETS));

  private Routes() {}

  /// The table as `settings` want it.
  static List<Route> of(HttpSettings settings) {
    return settings.benchmarkRoutes()
        ? Stream.concat(TABLE.stream(), BENCHMARK.stream()).toList()
        : TABLE;
  }

  private static List<Route> customers() {
    return List.of(
        Route.of(
                "GET",
                "/v1/customers",
                READER,
                SegmentCalls::list,
                "preference.*",
                "net_minor.gte",
                "net_minor.lt",
                "currency",
                "last_purchase_at.gte",
                "last_purchase_at.lt",
                "expand",
                "limit",
                "after")
            .as(Form.LINES),
        Route.of("POST", "/v1/customers/lookup", READER, CustomerCalls::lookup),
        Route.of("GET", "/v1/customers/{id}", READER, CustomerCalls::get),
        Route.of("PUT", "/v1/customers/{id}", WRITER, CustomerCalls::put),
        Route.of("PATCH", "/v1/customers/{id}", WRITER, CustomerCalls::patch),
        Route.of("DELETE", "/v1/customers/{id}", WRITER, CustomerCalls::delete, "suppress"),
        Route.of("GET", "/v1/customers/{id}/similar", READER, TasteCalls::similar, "k"),
        Route.of("DELETE", "/v1/suppressions/{id}", WRITER, CustomerCalls::liftSuppression));
  }

  private static List<Route> ledger() {
    return List.of(
        Route.of("POST", "/v1/customers/{id}/purchases", WRITER, LedgerCalls::postPurchase),
        listing("/v1/customers/{id}/purchases", LedgerCalls::purchases),
        Route.of("GET", "/v1/customers/{id}/purchases/{pid}", READER, LedgerCalls::purchase),
        Route.of("POST", "/v1/customers/{id}/refunds", WRITER, LedgerCalls::postRefund),
        listing("/v1/customers/{id}/refunds", LedgerCalls::refunds),
        Route.of("GET", "/v1/customers/{id}/refunds/{rid}", READER, LedgerCalls::refund),
        Route.of("POST", "/v1/customers/{id}/settlement", WRITER, SettlementCalls::one),
        Route.of("POST", "/v1/settlements", WRITER, SettlementCalls::all).as(Form.LINES));
  }

  private static List<Route> documents() {
    return List.of(
        listing("/v1/documents", DocumentCalls::list, "field.*"),
        Route.of("GET", "/v1/documents/{id}", READER, DocumentCalls::get),
        Route.of("PUT", "/v1/documents/{id}", WRITER, DocumentCalls::put),
        Route.of("DELETE", "/v1/documents/{id}", WRITER, DocumentCalls::delete),
        Route.of("POST", "/v1/documents/{id}/fields", WRITER, DocumentCalls::append));
  }

  private static List<Route> vectors() {
    return List.of(
        Route.of("GET", "/v1/vectors", READER, VectorCalls::spaces),
        Route.of("GET", "/v1/vectors/{space}", READER, VectorCalls::space),
        Route.of("DELETE", "/v1/vectors/{space}", OPERATOR, VectorCalls::drop),
        Route.of("GET", "/v1/vectors/{space}/{id}", READER, VectorCalls::get),
        Route.of("PUT", "/v1/vectors/{space}/{id}", WRITER, VectorCalls::put),
        Route.of("DELETE", "/v1/vectors/{space}/{id}", WRITER, VectorCalls::delete),
        Route.of("POST", "/v1/vectors/{space}/search", READER, VectorCalls::search));
  }

  private static List<Route> ingest() {
    return List.of(
        Route.of("POST", "/v1/ingest", WRITER, IngestCalls::start, "profile", "unknown")
            .as(Form.LINES),
        listing("/v1/ingest/runs", IngestCalls::runs),
        Route.of("GET", "/v1/ingest/runs/{run}", READER, IngestCalls::run),
        Route.of("DELETE", "/v1/ingest/runs/{run}", WRITER, IngestCalls::cancel));
  }

  private static List<Route> letters() {
    return List.of(
        listing("/v1/dead-letters", LetterCalls::list, "run", "reason"),
        Route.of("DELETE", "/v1/dead-letters", WRITER, LetterCalls::deleteAll, "run", "reason"),
        Route.of("POST", "/v1/dead-letters/replay", WRITER, LetterCalls::replayAll, "run", "reason")
            .as(Form.LINES),
        Route.of("GET", "/v1/dead-letters/{id}", READER, LetterCalls::get),
        Route.of("DELETE", "/v1/dead-letters/{id}", WRITER, LetterCalls::delete),
        Route.of("POST", "/v1/dead-letters/{id}/replay", WRITER, LetterCalls::replay)
            .as(Form.LINES));
  }

  private static List<Route> kernels() {
    return List.of(
        Route.of(
                "POST",
                "/v1/vectors/transform",
                READER,
                TransformCalls::transform,
                "kernel",
                "dimension")
            .as(Form.OCTETS));
  }

  private static List<Route> node() {
    return List.of(
        Route.of("GET", "/health/live", ANYONE, OperationCalls::live),
        Route.of("GET", "/health/ready", ANYONE, OperationCalls::ready),
        Route.of("GET", "/metrics", READER, OperationCalls::metrics).as(Form.METRICS),
        Route.of("GET", "/openapi.yaml", ANYONE, OperationCalls::openapi).as(Form.YAML),
        Route.of("GET", "/console", ANYONE, OperationCalls::console).as(Form.HTML));
  }

  private static List<Route> ops() {
    return List.of(
        Route.of("GET", "/ops/slots", OPERATOR, OperationCalls::slots),
        Route.of("POST", "/ops/slots/{n}/recycle", OPERATOR, OperationCalls::recycle),
        Route.of("POST", "/ops/database/pause", OPERATOR, OperationCalls::pause),
        Route.of("POST", "/ops/database/resume", OPERATOR, OperationCalls::resume),
        Route.of("POST", "/ops/cache/clear", OPERATOR, OperationCalls::clearCache),
        Route.of("POST", "/ops/vectors/taste/rebuild", OPERATOR, TasteCalls::rebuild),
        Route.of("GET", "/ops/supervision", OPERATOR, OperationCalls::supervision),
        Route.of("GET", "/ops/config", OPERATOR, OperationCalls::config),
        Route.of("GET", "/ops/threads", OPERATOR, OperationCalls::threads),
        Route.of("PUT", "/ops/log-level", OPERATOR, OperationCalls::logLevel),
        Route.of("POST", "/ops/drain", OPERATOR, OperationCalls::drain));
  }

  private static Route listing(String template, Endpoint endpoint, String... filters) {
    String[] parameters =
        Stream.concat(Stream.of(filters), Stream.of("limit", "after")).toArray(String[]::new);
    return Route.of("GET", template, READER, endpoint, parameters).as(Form.LINES);
  }
}
