package dev.purser.http;

import static dev.purser.http.Role.ANYONE;
import static dev.purser.http.Role.OPERATOR;
import static dev.purser.http.Role.READER;
import static dev.purser.http.Role.WRITER;

import java.util.List;

/// The route table: every URL that this edge answers.
public final class Routes {

  /// All routes. HEAD answers as GET, and OPTIONS is answered for every template.
  public static final List<Route> TABLE =
      List.of(
          new Route("PUT", "/v1/customers/{id}", WRITER),
          new Route("PATCH", "/v1/customers/{id}", WRITER),
          new Route("GET", "/v1/customers/{id}", READER),
          new Route("DELETE", "/v1/customers/{id}", WRITER),
          new Route("POST", "/v1/customers/lookup", READER),
          new Route("GET", "/v1/customers", READER),
          new Route("POST", "/v1/customers/{id}/purchases", WRITER),
          new Route("GET", "/v1/customers/{id}/purchases", READER),
          new Route("GET", "/v1/customers/{id}/purchases/{pid}", READER),
          new Route("POST", "/v1/customers/{id}/refunds", WRITER),
          new Route("GET", "/v1/customers/{id}/refunds", READER),
          new Route("GET", "/v1/customers/{id}/refunds/{rid}", READER),
          new Route("POST", "/v1/customers/{id}/settlement", WRITER),
          new Route("POST", "/v1/settlements", WRITER),
          new Route("DELETE", "/v1/suppressions/{id}", WRITER),
          new Route("POST", "/v1/ingest", WRITER),
          new Route("GET", "/v1/ingest/runs", READER),
          new Route("GET", "/v1/ingest/runs/{run}", READER),
          new Route("DELETE", "/v1/ingest/runs/{run}", WRITER),
          new Route("GET", "/v1/dead-letters", READER),
          new Route("DELETE", "/v1/dead-letters", WRITER),
          new Route("POST", "/v1/dead-letters/replay", WRITER),
          new Route("GET", "/v1/dead-letters/{id}", READER),
          new Route("DELETE", "/v1/dead-letters/{id}", WRITER),
          new Route("POST", "/v1/dead-letters/{id}/replay", WRITER),
          new Route("GET", "/health/live", ANYONE),
          new Route("GET", "/health/ready", ANYONE),
          new Route("GET", "/metrics", READER),
          new Route("GET", "/openapi.yaml", READER),
          new Route("GET", "/ops/slots", OPERATOR),
          new Route("POST", "/ops/slots/{n}/recycle", OPERATOR),
          new Route("POST", "/ops/database/pause", OPERATOR),
          new Route("POST", "/ops/database/resume", OPERATOR),
          new Route("POST", "/ops/cache/clear", OPERATOR),
          new Route("GET", "/ops/supervision", OPERATOR),
          new Route("GET", "/ops/config", OPERATOR),
          new Route("GET", "/ops/threads", OPERATOR),
          new Route("PUT", "/ops/log-level", OPERATOR),
          new Route("POST", "/ops/drain", OPERATOR));

  private Routes() {}
}
