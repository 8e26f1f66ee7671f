package dev.purser.http;

import static dev.purser.http.EdgeTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// The page for people: what it may do, and that it asks for nothing that is not served.
final class ConsoleTest {
  private static final Tokens.Made READER = Tokens.create("reader", new SecureRandom());
  private static final Served SERVED = new Served(READER.line());
  private static final Pattern CALL = Pattern.compile("call\\(\"([A-Z]+)\", \"([^\"]+)\"");

  @AfterAll
  static void close() {
    SERVED.close();
  }

  @Test
  void page_withoutToken_served() {
    HttpResponse<byte[]> r = SERVED.get("/console");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(header(r, "Content-Type")).isEqualTo("text/html; charset=UTF-8");
    assertThat(header(r, "X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(header(r, "Cache-Control")).isEqualTo("no-cache");
    assertThat(text(r)).startsWith("<!doctype html>").endsWith("</html>\n");
  }

  @Test
  void root_askedByABrowser_leadsToThePageAndProgramsNowhere() {
    HttpResponse<byte[]> r = SERVED.get("/", "Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    assertThat(r.statusCode()).isEqualTo(302);
    assertThat(header(r, "Location")).isEqualTo("/console");
    assertProblem(SERVED.get("/"), 404, "ERR_NOT_FOUND", null);
    assertProblem(SERVED.get("/", "Accept", "application/json"), 404, "ERR_NOT_FOUND", null);
    HttpResponse<byte[]> posted =
        SERVED.send("POST", "/", BodyPublishers.noBody(), "Accept", "text/html");
    assertProblem(posted, 405, "ERR_METHOD", null);
    HttpResponse<byte[]> asked = SERVED.send("OPTIONS", "/", BodyPublishers.noBody());
    assertThat(asked.statusCode()).isEqualTo(204);
    for (HttpResponse<byte[]> each : List.of(posted, asked)) {
      assertThat(header(each, "Allow")).isEqualTo("GET, HEAD, OPTIONS");
    }
  }

  @Test
  void contract_withoutToken_served() {
    assertThat(SERVED.get("/openapi.yaml").statusCode()).isEqualTo(200);
    assertThat(SERVED.get("/metrics").statusCode()).isEqualTo(401);
  }

  /// Run by no browser here: what the page says of refusals, as its script has it.
  @Test
  void refusals_ofTheToken_saidOnceAndTheirPanelsHidden() {
    String page = text(SERVED.get("/console"));
    assertThat(page)
        .contains("section.hidden = e.status === 401 || e.status === 403")
        .containsOnlyOnce("el(\"refused\").textContent = refusal(")
        .contains("if (denied.has(name)) return denied.get(name)")
        .contains("denied.clear(); writes = undefined;")
        .contains("writes ? button(\"Replay\"")
        .contains("\"The database is paused since \" + paused.since");
  }

  /// What the page learns a token's role from.
  @Test
  void replayOfNoLetter_byAReader_refused() {
    assertProblem(
        SERVED.send(
            "POST",
            "/v1/dead-letters/0/replay",
            BodyPublishers.noBody(),
            "Authorization",
            "Bearer " + READER.token()),
        403,
        "ERR_FORBIDDEN",
        null);
  }

  @Test
  void order_refused_loggedWithWhoGaveIt() {
    Logger logger = (Logger) LoggerFactory.getLogger(RequestLog.class);
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    logger.addAppender(lines);
    Level before = logger.getLevel();
    logger.setLevel(Level.INFO);
    try {
      for (String token : List.of(READER.token(), "unknown")) {
        SERVED.send(
            "POST",
            "/ops/cache/clear",
            BodyPublishers.noBody(),
            "Authorization",
            "Bearer " + token,
            "X-Request-Id",
            "refused");
      }
    } finally {
      logger.setLevel(before);
      logger.detachAppender(lines);
    }
    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .anyMatch(
            l -> l.matches(".*ended: 403.*\\(token reader-\\w+, 127.0.0.1, request refused\\)"))
        .anyMatch(l -> l.matches(".*ended: 401.*\\(127.0.0.1, request refused\\)"));
  }

  @Test
  void page_formAndQuery_judgedAsEverywhere() {
    assertThat(SERVED.get("/console", "Accept", "text/html,*/*;q=0.8").statusCode()).isEqualTo(200);
    assertProblem(
        SERVED.get("/console", "Accept", "application/json"), 406, "ERR_NOT_ACCEPTABLE", null);
    assertProblem(SERVED.get("/console?a=1"), 422, "ERR_VALIDATION", "a");
    assertProblem(
        SERVED.send("POST", "/console", BodyPublishers.noBody()), 405, "ERR_METHOD", null);
  }

  @Test
  void policy_ofThePage_allowsItsOwnTextOnly() throws Exception {
    HttpResponse<byte[]> r = SERVED.get("/console");
    String page = text(r);
    assertThat(header(r, "Content-Security-Policy").split("; "))
        .containsExactlyInAnyOrder(
            "default-src 'none'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "style-src '" + sha256(page, "style") + "'",
            "script-src '" + sha256(page, "script") + "'");
  }

  @Test
  void page_asAWhole_needsNothingThatThePolicyForbids() {
    String page = text(SERVED.get("/console"));
    assertThat(page)
        .doesNotContainPattern("(?i)\\s(src|href|srcset|action|style|on[a-z]+)\\s*=\\s*[\"']")
        .doesNotContainPattern("https?://|@import|url\\(")
        .doesNotContainPattern("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(")
        .doesNotContainPattern("localStorage|sessionStorage|document\\.cookie|indexedDB");
  }

  @Test
  void calls_ofThePage_areRoutes() {
    Set<String> known =
        Routes.TABLE.stream().map(r -> r.method() + " " + r.template()).collect(Collectors.toSet());
    String page = text(SERVED.get("/console"));
    Set<String> asked = new TreeSet<>();
    Matcher call = CALL.matcher(page);
    int calls = 0;
    while (call.find()) {
      asked.add(call.group(1) + " " + call.group(2));
      calls++;
    }
    assertThat(known).containsAll(asked);
    assertThat(asked)
        .contains(
            "GET /health/ready",
            "GET /metrics",
            "GET /ops/slots",
            "GET /ops/supervision",
            "GET /ops/config",
            "GET /v1/ingest/runs",
            "GET /v1/dead-letters",
            "POST /v1/dead-letters/{id}/replay",
            "GET /v1/customers/{id}");
    assertThat(page.split("\\bcall\\(", -1)).as("each call names its route").hasSize(calls + 2);
  }

  private static String header(HttpResponse<byte[]> r, String name) {
    return r.headers().firstValue(name).orElseThrow();
  }

  private static String text(HttpResponse<byte[]> r) {
    return new String(r.body(), StandardCharsets.UTF_8);
  }

  private static String sha256(String page, String element) throws Exception {
    Matcher inline = Pattern.compile("(?s)<" + element + ">(.*?)</" + element + ">").matcher(page);
    assertThat(inline.find()).isTrue();
    byte[] digest =
        MessageDigest.getInstance("SHA-256")
            .digest(inline.group(1).getBytes(StandardCharsets.UTF_8));
    assertThat(inline.find()).as("one " + element + " only").isFalse();
    return "sha256-" + Base64.getEncoder().encodeToString(digest);
  }
}
