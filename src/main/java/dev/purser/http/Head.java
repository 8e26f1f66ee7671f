package dev.purser.http;

import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/// The headers of a request that the edge knows, gathered in one pass. Confined to one request.
///
/// A header that comes in several lines reads as one list, as RFC 9110 has it.
final class Head {
  @Nullable String rawTarget;
  @Nullable String requestId;
  @Nullable String authorization;
  @Nullable String accept;
  @Nullable String acceptEncoding;
  @Nullable String contentEncoding;
  @Nullable String ifMatch;
  @Nullable String ifNoneMatch;
  @Nullable String origin;
  @Nullable String fetchSite;
  @Nullable String host;
  @Nullable String preflightMethod;

  /// A content type that Pekko could not parse; it would pass for none, that is for bytes.
  @Nullable String illegalType;

  boolean expectsContinue;

  /// Who calls, and the request's id, as the log has them; the edge knows it once it has let the
  /// call in.
  String by = "";

  static Head of(HttpRequest request) {
    Head head = new Head();
    for (HttpHeader h : request.getHeaders()) {
      head.take(h);
    }
    return head;
  }

  private void take(HttpHeader h) {
    switch (h.lowercaseName()) {
      case "raw-request-uri" -> rawTarget = rawTarget == null ? h.value() : rawTarget;
      case "x-request-id" -> requestId = requestId == null ? h.value() : requestId;
      case "authorization" -> authorization = joined(authorization, h);
      case "accept" -> accept = joined(accept, h);
      case "accept-encoding" -> acceptEncoding = joined(acceptEncoding, h);
      case "content-encoding" -> contentEncoding = joined(contentEncoding, h);
      case "if-match" -> ifMatch = joined(ifMatch, h);
      case "if-none-match" -> ifNoneMatch = joined(ifNoneMatch, h);
      case "origin" -> origin = joined(origin, h);
      case "sec-fetch-site" -> fetchSite = joined(fetchSite, h);
      case "host" -> host = h.value();
      case "access-control-request-method" -> preflightMethod = h.value();
      case "content-type" -> illegalType = h.value();
      case "expect" -> expectsContinue = true;
      default -> {} // of no concern to the edge
    }
  }

  private static String joined(@Nullable String before, HttpHeader h) {
    return before == null ? h.value() : before + ", " + h.value();
  }
}
