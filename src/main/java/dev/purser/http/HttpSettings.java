package dev.purser.http;

import dev.purser.config.Keys;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/// What an operator may set about the edge (`conf/http.conf`). Immutable.
///
/// @param connections how many clients may be connected at once
/// @param headerTime how long the first byte of a connection, and the head of a request, may take
/// @param headerBytes the longest head of a request
/// @param idleTime how long a connection may stay without a byte in either direction
/// @param deadline how long an interactive call may take
/// @param bodyTime how long a body that is read whole may take to arrive
/// @param bodyBytes the longest such body, after decompression
/// @param drainBytes how much of a body that nobody wants is still read, so that its sender gets to
///   read the answer
/// @param drainTime how long that may take
/// @param admitted how many calls of `/v1` may be admitted at once, each until its answer is sent
/// @param operating the same of `/metrics`, `/openapi.yaml`, `/console` and `/ops`
/// @param answerBytes how many bytes the answers of `/v1` may have that are made or being sent
/// @param sendTime how long a client may take for 64 KiB of an answer
/// @param ratePerSecond calls a client may make a second; 0: no limit
/// @param retryAfter what retryable answers advise
/// @param origins web pages that may call from a browser, without tokens only to read; none: CORS
///   is off
public record HttpSettings(
    String host,
    int port,
    boolean insecure,
    Tokens tokens,
    Tls tls,
    int connections,
    Duration headerTime,
    int headerBytes,
    Duration idleTime,
    Duration deadline,
    Duration bodyTime,
    int bodyBytes,
    long drainBytes,
    Duration drainTime,
    int admitted,
    int operating,
    long answerBytes,
    Duration sendTime,
    int ratePerSecond,
    int rateClients,
    Duration retryAfter,
    Duration leaveTime,
    Duration stopTime,
    List<String> origins,
    boolean benchmarkRoutes) {

  private static final Pattern ORIGIN = Pattern.compile("[a-z][a-z0-9+.-]*://[^/?#@\\s*A-Z]+");

  public HttpSettings {
    origins = List.copyOf(origins);
  }

  public static HttpSettings read(Keys keys) {
    HttpSettings settings =
        new HttpSettings(
            keys.text("host"),
            keys.integer("port", 0, 65_535),
            keys.flag("insecure"),
            Tokens.read(keys),
            Tls.read(keys.at("tls")),
            keys.integer("connections", 1, 1_000_000),
            keys.duration("header-time", Duration.ofMillis(10), Duration.ofMinutes(10)),
            (int) keys.bytes("header-bytes", 1_024, 1 << 20),
            keys.duration("idle-time", Duration.ofMillis(100), Duration.ofDays(1)),
            keys.duration("deadline", Duration.ofMillis(10), Duration.ofMinutes(5)),
            keys.duration("body-time", Duration.ofMillis(10), Duration.ofMinutes(10)),
            (int) keys.bytes("body-bytes", 1_024, 64 << 20),
            keys.bytes("drain-bytes", 0, 1L << 30),
            keys.duration("drain-time", Duration.ZERO, Duration.ofMinutes(1)),
            keys.integer("admitted", 1, 1_000_000),
            keys.integer("operating", 1, 10_000),
            keys.bytes("answer-bytes", 4L << 20, 1L << 40),
            keys.duration("send-time", Duration.ofMillis(10), Duration.ofMinutes(5)),
            keys.integer("rate-per-second", 0, 1_000_000),
            keys.integer("rate-clients", 1, 1_000_000),
            keys.duration("retry-after", Duration.ofSeconds(1), Duration.ofHours(1)),
            keys.duration("leave-time", Duration.ZERO, Duration.ofSeconds(2)),
            keys.duration("stop-time", Duration.ZERO, Duration.ofMinutes(5)),
            keys.texts("origins"),
            keys.flag("benchmark-routes"));
    settings.check(keys);
    return settings;
  }

  /// Whether calls are trusted for coming from this machine alone: then their `Host` must name it,
  /// so that no web page can have a browser call it under a name of its own.
  boolean trustsLoopback() {
    return tokens.isEmpty() && !insecure;
  }

  private void check(Keys keys) {
    checkOrigins(keys);
    if (host.isBlank()) {
      keys.refuse("host", "is empty");
    } else if (trustsLoopback() && !bindsLoopback()) {
      keys.refuse(
          "host",
          host
              + " is not a loopback address: everyone who reaches it could read and write all data."
              + " Configure purser.http.tokens, or set purser.http.insecure = on if you mean it");
    }
  }

  /// As browsers send them: anything else would never match, and be taken for a right that it is
  /// not.
  private void checkOrigins(Keys keys) {
    for (String origin : origins) {
      if (!ORIGIN.matcher(origin).matches()) {
        keys.refuse(
            "origins",
            origin + " is no origin: give scheme, host and port, such as https://desk.example");
      }
    }
  }

  private boolean bindsLoopback() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException _) {
      return false;
    }
  }
}
