package dev.purser.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.purser.faults.FieldError;
import dev.purser.faults.ServiceError;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A refusal as the caller sees it (RFC 9457): a status, a stable code and words. Immutable.
///
/// @param errors the wrong fields, empty unless the code is `ERR_VALIDATION`
/// @param outcome what a refused write did, or null if nothing was to be written
/// @param headers headers that the status requires, such as `Allow`
/// @param extra members that this answer has beyond the usual ones, or null
public record Problem(
    int status,
    String code,
    String detail,
    boolean retryable,
    List<FieldError> errors,
    @Nullable Outcome outcome,
    Map<String, String> headers,
    Json.@Nullable Writing extra) {

  /// What a write that was not answered did.
  public enum Outcome {
    NOT_APPLIED("not_applied"),
    UNKNOWN("unknown");

    private final String word;

    Outcome(String word) {
      this.word = word;
    }
  }

  public Problem {
    errors = List.copyOf(errors);
    headers = Map.copyOf(headers);
  }

  static Problem of(int status, String code, String detail) {
    return new Problem(status, code, detail, false, List.of(), null, Map.of(), null);
  }

  /// The request is not what its form promises: 400.
  static Problem malformed(String detail) {
    return of(400, "ERR_VALIDATION", detail);
  }

  /// The request is understood and wrong: 422, naming each field.
  static Problem invalid(List<FieldError> errors) {
    FieldError first = errors.getFirst();
    return new Problem(
        422,
        "ERR_VALIDATION",
        first.field() + " " + first.message(),
        false,
        errors,
        null,
        Map.of(),
        null);
  }

  static Problem invalid(String field, String message) {
    return invalid(List.of(new FieldError(field, message)));
  }

  static Problem notFound(String detail) {
    return of(404, "ERR_NOT_FOUND", detail);
  }

  static Refusal unsupported(String detail) {
    return of(415, "ERR_MEDIA_TYPE", detail).refusal();
  }

  static Problem tooLarge(String detail) {
    return of(413, "ERR_TOO_LARGE", detail);
  }

  static Problem overloaded(String detail) {
    return of(503, "ERR_OVERLOADED", detail).retrying().withOutcome(Outcome.NOT_APPLIED);
  }

  static Problem internal() {
    return of(500, "ERR_INTERNAL", "An internal error. It has been logged with this request's id.");
  }

  /// What callers are told of `error`.
  ///
  /// @param outcome what the write did, or null if nothing was to be written
  static Problem of(ServiceError error, @Nullable Outcome outcome) {
    return switch (error) {
      case ServiceError.Validation v -> invalid(v.errors());
      case ServiceError.NotFound _ -> of(404, error.code(), error.message());
      case ServiceError.Conflict _ -> of(409, error.code(), error.message());
      case ServiceError.Precondition _ -> of(412, error.code(), error.message());
      case ServiceError.Internal _, ServiceError.Cache _ -> internal();
      case ServiceError.Database _, ServiceError.PoolExhausted _, ServiceError.Overloaded _ ->
          unavailable(503, error, outcome);
      case ServiceError.Timeout _ -> unavailable(504, error, outcome);
    };
  }

  private static Problem unavailable(int status, ServiceError error, @Nullable Outcome outcome) {
    Problem p = of(status, error.code(), error.message()).withOutcome(outcome);
    return error.retryable() ? p.retrying() : p;
  }

  Problem retrying() {
    return new Problem(status, code, detail, true, errors, outcome, headers, extra);
  }

  /// The same of a body that is found to be no HTTP: what reads it sees only that it ends early.
  ///
  /// @param framing what is wrong with it, or null if nothing is
  Problem asMalformed(@Nullable Problem framing) {
    return framing != null && (status == 400 || status == 422)
        ? new Problem(400, code, framing.detail, retryable, List.of(), outcome, headers, extra)
        : this;
  }

  Problem withOutcome(@Nullable Outcome outcome) {
    return new Problem(status, code, detail, retryable, errors, outcome, headers, extra);
  }

  Problem withHeader(String name, String value) {
    return new Problem(
        status, code, detail, retryable, errors, outcome, Map.of(name, value), extra);
  }

  Problem withExtra(Json.Writing extra) {
    return new Problem(status, code, detail, retryable, errors, outcome, headers, extra);
  }

  Refusal refusal() {
    return new Refusal(this);
  }

  /// The body: one JSON object.
  byte[] json(long elapsedNanos) {
    return Json.object(
        g -> {
          writeMembers(g);
          g.writeFieldName("processing_time_ms");
          g.writeRawValue(Json.millis(elapsedNanos));
        });
  }

  /// The members of the body but for its time.
  void writeMembers(JsonGenerator g) throws IOException {
    g.writeStringField("type", "urn:purser:" + code);
    writeMembersButType(g);
  }

  /// The members of a stream's last line, whose `type` is `problem`.
  void writeMembersButType(JsonGenerator g) throws IOException {
    g.writeStringField("title", title());
    g.writeNumberField("status", status);
    g.writeStringField("detail", detail);
    g.writeStringField("code", code);
    g.writeBooleanField("retryable", retryable);
    if (outcome != null && (status == 503 || status == 504)) {
      g.writeStringField("outcome", outcome.word);
    }
    if (!errors.isEmpty()) {
      g.writeArrayFieldStart("errors");
      for (FieldError e : errors) {
        g.writeStartObject();
        g.writeStringField("field", e.field());
        g.writeStringField("message", e.message());
        g.writeEndObject();
      }
      g.writeEndArray();
    }
    if (extra != null) {
      extra.write(g);
    }
  }

  private String title() {
    return switch (code) {
      case "ERR_VALIDATION" -> status == 400 ? "Malformed request" : "Invalid request";
      case "ERR_UNAUTHORIZED" -> "A token is needed";
      case "ERR_FORBIDDEN" -> "Not allowed";
      case "ERR_NOT_FOUND" -> "Not found";
      case "ERR_METHOD" -> "Method not allowed";
      case "ERR_NOT_ACCEPTABLE" -> "No acceptable form";
      case "ERR_REQUEST_TIMEOUT" -> "The request took too long to arrive";
      case "ERR_CONFLICT" -> "Conflict";
      case "ERR_PRECONDITION" -> "Precondition failed";
      case "ERR_TOO_LARGE" -> "Too large";
      case "ERR_URI_TOO_LONG" -> "URI too long";
      case "ERR_MEDIA_TYPE" -> "Unsupported media type";
      case "ERR_HEADERS" -> "Header fields too large";
      case "ERR_RATE_LIMITED" -> "Too many requests";
      case "ERR_DB", "ERR_POOL_EXHAUSTED" -> "Database unavailable";
      case "ERR_OVERLOADED" -> "Unavailable for now";
      case "ERR_TIMEOUT" -> "Deadline passed";
      default -> "Internal error";
    };
  }
}
