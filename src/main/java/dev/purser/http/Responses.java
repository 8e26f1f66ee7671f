package dev.purser.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;
import org.apache.pekko.util.ByteStringBuilder;
import org.jspecify.annotations.Nullable;

/// Answers and problems in their HTTP form. Immutable.
final class Responses {
  static final ContentType PROBLEM = ContentTypes.parse("application/problem+json");
  private static final ContentType LINES = ContentTypes.parse("application/x-ndjson");
  private static final int WORTH_GZIP = 1_024;
  private static final String EXPOSED =
      "ETag, Location, Purser-Source, Retry-After, WWW-Authenticate, X-Request-Id";
  private static final String ALLOWED =
      "Accept, Authorization, Content-Encoding, Content-Type, If-Match, If-None-Match,"
          + " X-Request-Id";

  private final String retryAfter;
  private final List<String> origins;

  Responses(HttpSettings settings) {
    this.retryAfter = Long.toString(settings.retryAfter().toSeconds());
    this.origins = settings.origins();
  }

  HttpResponse of(Answer answer, Head head, String id, long nanos) {
    List<HttpHeader> headers = headers(answer.headers(), head, id);
    ResponseEntity entity =
        switch (answer) {
          case Answer.Data d ->
              entity(ContentTypes.APPLICATION_JSON, Json.envelope(d.json(), nanos), head, headers);
          case Answer.Pieces p -> pieces(Json.envelope(p.json(), nanos), head, headers);
          case Answer.Whole w -> entity(w.type(), w.bytes(), head, headers);
          case Answer.Bare _ -> HttpEntities.EMPTY;
          case Answer.Lines l -> HttpEntities.createChunked(LINES, l.lines());
          case Answer.Octets o ->
              HttpEntities.createChunked(ContentTypes.APPLICATION_OCTET_STREAM, o.bytes());
        };
    return response(answer.status(), headers, entity);
  }

  HttpResponse of(Problem problem, Head head, String id, long nanos) {
    List<HttpHeader> headers = headers(List.of(), head, id);
    problem.headers().forEach((name, value) -> headers.add(RawHeader.create(name, value)));
    if (problem.retryable()) {
      headers.add(RawHeader.create("Retry-After", retryAfter));
    }
    return response(problem.status(), headers, entity(PROBLEM, problem.json(nanos), head, headers));
  }

  /// The headers of an answer to OPTIONS.
  List<HttpHeader> allow(String methods, Head head) {
    List<HttpHeader> headers = new ArrayList<>();
    headers.add(RawHeader.create("Allow", methods));
    if (head.preflightMethod != null && isAllowed(head.origin)) {
      headers.add(RawHeader.create("Access-Control-Allow-Methods", methods));
      headers.add(RawHeader.create("Access-Control-Allow-Headers", ALLOWED));
      headers.add(RawHeader.create("Access-Control-Max-Age", "600"));
    }
    return headers;
  }

  private static HttpResponse response(
      int status, List<HttpHeader> headers, ResponseEntity entity) {
    return HttpResponse.create().withStatus(status).withHeaders(headers).withEntity(entity);
  }

  private List<HttpHeader> headers(List<HttpHeader> own, Head head, String id) {
    List<HttpHeader> headers = new ArrayList<>(own.size() + 4);
    headers.add(RawHeader.create("X-Request-Id", id));
    headers.addAll(own);
    if (!origins.isEmpty()) {
      headers.add(RawHeader.create("Vary", "Origin"));
      if (isAllowed(head.origin)) {
        headers.add(RawHeader.create("Access-Control-Allow-Origin", head.origin));
        headers.add(RawHeader.create("Access-Control-Expose-Headers", EXPOSED));
      }
    }
    return headers;
  }

  private boolean isAllowed(@Nullable String origin) {
    return origin != null && origins.contains(origin);
  }

  private static ResponseEntity entity(
      ContentType type, byte[] bytes, Head head, List<HttpHeader> headers) {
    if (bytes.length <= WORTH_GZIP) {
      return HttpEntities.create(type, bytes);
    }
    headers.add(RawHeader.create("Vary", "Accept-Encoding"));
    if (!Accepts.gzip(head.acceptEncoding)) {
      return HttpEntities.create(type, bytes);
    }
    headers.add(RawHeader.create("Content-Encoding", "gzip"));
    return HttpEntities.create(type, gzip(bytes));
  }

  private static ResponseEntity pieces(List<byte[]> parts, Head head, List<HttpHeader> headers) {
    if (parts.stream().mapToLong(part -> part.length).sum() > WORTH_GZIP) {
      headers.add(RawHeader.create("Vary", "Accept-Encoding"));
      if (Accepts.gzip(head.acceptEncoding)) {
        headers.add(RawHeader.create("Content-Encoding", "gzip"));
        return HttpEntities.create(ContentTypes.APPLICATION_JSON, gzip(parts));
      }
    }
    ByteStringBuilder whole = ByteString.createBuilder();
    parts.forEach(part -> whole.append(ByteString.fromArrayUnsafe(part)));
    return HttpEntities.create(ContentTypes.APPLICATION_JSON, whole.result());
  }

  private static byte[] gzip(byte[] bytes) {
    return gzip(List.of(bytes));
  }

  private static byte[] gzip(List<byte[]> parts) {
    int length = parts.stream().mapToInt(p -> p.length / 4).sum();
    ByteArrayOutputStream out = new ByteArrayOutputStream(length);
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      for (byte[] part : parts) {
        gzip.write(part);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return out.toByteArray();
  }
}
