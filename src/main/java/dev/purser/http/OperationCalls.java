package dev.purser.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.ledger.JsonFields;
import dev.purser.metrics.Scrape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Calls about the node itself: health, metrics, and the operator's questions and orders.
final class OperationCalls {
  private static final Logger LOG = LoggerFactory.getLogger(OperationCalls.class);
  private static final ContentType TEXT =
      ContentTypes.parse(Accepts.TEXT + "; version=0.0.4; charset=utf-8");
  private static final ContentType OPEN_METRICS =
      ContentTypes.parse(Accepts.OPEN_METRICS + "; version=1.0.0; charset=utf-8");
  private static final ContentType YAML = ContentTypes.parse("application/yaml");
  private static final long LONGEST_LOG_LEVEL_SECONDS = 86_400;

  /// Not OFF: an operator who silences a node's failures for a day learns of none.
  private static final Set<String> LEVELS = Set.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR");

  /// Names of Java classes and packages; what else stood in it would be written to the log.
  private static final Pattern LOGGER = Pattern.compile("[\\p{Alnum}_$.-]{1,256}");

  private static final int THREADS = 1_000;
  private static final int FRAMES = 64;

  private OperationCalls() {}

  static CompletionStage<Answer> live(Call call) {
    return now(Answer.data(g -> g.writeBooleanField("live", true)));
  }

  static CompletionStage<Answer> ready(Call call) {
    List<String> unready = call.doors().operations().unready();
    if (!unready.isEmpty()) {
      throw Problem.of(503, "ERR_OVERLOADED", "Not ready: " + String.join(", ", unready) + ".")
          .retrying()
          .refusal();
    }
    List<String> degraded = call.doors().operations().degraded();
    return now(
        Answer.data(
            g -> {
              g.writeBooleanField("ready", true);
              Json.strings(g, "degraded", degraded);
            }));
  }

  static CompletionStage<Answer> metrics(Call call) {
    boolean open = call.wants(Accepts.OPEN_METRICS);
    String text = open ? Scrape.openMetrics() : Scrape.text();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return now(new Answer.Whole(200, open ? OPEN_METRICS : TEXT, bytes, List.of()));
  }

  static CompletionStage<Answer> openapi(Call call) {
    return now(new Answer.Whole(200, YAML, Document.BYTES, List.of()));
  }

  static CompletionStage<Answer> console(Call call) {
    return now(Console.page());
  }

  static CompletionStage<Answer> slots(Call call) {
    return call.doors().operations().slots().thenApply(slots -> tree(Map.of("slots", slots)));
  }

  static CompletionStage<Answer> recycle(Call call) {
    long n = Math.min(call.number("n", "slot"), Integer.MAX_VALUE);
    return call.doors()
        .operations()
        .recycle((int) n)
        .thenApply(
            known -> {
              if (!known) {
                throw Problem.notFound("There is no slot of this number.").refusal();
              }
              return done();
            });
  }

  static CompletionStage<Answer> pause(Call call) {
    return call.doors().operations().pauseDatabase(call.by()).thenApply(_ -> done());
  }

  static CompletionStage<Answer> resume(Call call) {
    return call.doors().operations().resumeDatabase(call.by()).thenApply(_ -> done());
  }

  static CompletionStage<Answer> clearCache(Call call) {
    return call.doors()
        .operations()
        .clearCache()
        .thenApply(n -> Answer.data(g -> g.writeNumberField("cleared", n)));
  }

  static CompletionStage<Answer> supervision(Call call) {
    return now(tree(Map.of("decisions", call.doors().operations().supervision())));
  }

  static CompletionStage<Answer> config(Call call) {
    return now(tree(call.doors().operations().config()));
  }

  static CompletionStage<Answer> threads(Call call) {
    ThreadInfo[] infos = ManagementFactory.getThreadMXBean().dumpAllThreads(false, false, FRAMES);
    List<Map<String, Object>> threads =
        Arrays.stream(infos).limit(THREADS).map(OperationCalls::thread).toList();
    return now(tree(Map.of("threads", threads)));
  }

  static CompletionStage<Answer> logLevel(Call call) {
    return call.body().json().thenApply(json -> logLevel(call, json));
  }

  static CompletionStage<Answer> drain(Call call) {
    call.doors().operations().drain(call.by());
    byte[] json = Json.object(g -> g.writeBooleanField("draining", true));
    return now(new Answer.Data(202, json, List.of()));
  }

  private static Answer logLevel(Call call, JsonNode json) {
    JsonFields fields = new JsonFields(json, "body");
    String logger = fields.text("logger");
    String level = fields.text("level");
    Long seconds = fields.optionalQuantity("expires_in_seconds");
    fields.refuseUnknown(Set.of("logger", "level", "expires_in_seconds"));
    if (fields.errors().isEmpty() && (seconds == null || seconds > LONGEST_LOG_LEVEL_SECONDS)) {
      fields.wrong(
          "expires_in_seconds",
          seconds == null
              ? "is required"
              : "must be an integer from 1 to " + LONGEST_LOG_LEVEL_SECONDS);
    }
    if (logger != null && !LOGGER.matcher(logger).matches()) {
      fields.wrong("logger", "must be the name of a logger, or ROOT");
    }
    if (level != null && !LEVELS.contains(level.toUpperCase(Locale.ROOT))) {
      fields.wrong("level", "must be TRACE, DEBUG, INFO, WARN or ERROR");
    }
    if (fields.errors().isEmpty()) {
      // Before the change, which may silence this line; how it ended has a line of its own.
      LOG.info("Logger {} is to log {} for {} s ({})", logger, level, seconds, call.by());
    }
    if (fields.errors().isEmpty()
        && seconds != null
        && !call.doors().operations().logLevel(logger, level, Duration.ofSeconds(seconds))) {
      fields.wrong("logger", "is one more than may be changed at once");
    }
    if (!fields.errors().isEmpty()) {
      throw Problem.invalid(fields.errors()).refusal();
    }
    return done();
  }

  private static Map<String, Object> thread(ThreadInfo info) {
    return Map.of(
        "name",
        info.getThreadName(),
        "state",
        info.getThreadState().name(),
        "stack",
        Arrays.stream(info.getStackTrace()).map(StackTraceElement::toString).toList());
  }

  private static Answer tree(Map<String, Object> tree) {
    return Answer.data(Json.text(g -> Json.tree(g, tree)));
  }

  private static Answer done() {
    return Answer.data(_ -> {});
  }

  private static CompletionStage<Answer> now(Answer answer) {
    return CompletableFuture.completedFuture(answer);
  }

  /// The OpenAPI document, read when it is first asked for.
  private static final class Document {
    static final byte[] BYTES = read();

    private Document() {}

    private static byte[] read() {
      try (InputStream in = OperationCalls.class.getResourceAsStream("/openapi.yaml")) {
        if (in == null) {
          throw new IllegalStateException("openapi.yaml is not in the jar");
        }
        return in.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
