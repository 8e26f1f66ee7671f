package dev.purser.cache;

import dev.purser.config.Keys;
import dev.purser.faults.Backoff;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The Redis that keeps copies, and how patient this node is with it; each has a reason in
/// `conf/cache.conf`. Immutable.
///
/// @param prefix of every key of ours
/// @param certificates PEM file of those who sign Redis' certificate, or null: the JVM's
/// @param jitter share by which times to live differ
/// @param connectTimeout until a connection must stand, its handshake included
/// @param commandTimeout after which a command counts as failed and is no longer waited for
/// @param silence of a connection that owes answers, after which it is replaced
/// @param inFlight commands that may wait for their answers
/// @param inFlightBytes their values
/// @param backoff the waits before a connection is opened again
/// @param scanStep keys looked at by one step of clearing
record RedisSettings(
    RedisUrl url,
    String prefix,
    @Nullable Path certificates,
    double jitter,
    Duration connectTimeout,
    Duration commandTimeout,
    Duration silence,
    int inFlight,
    long inFlightBytes,
    Backoff backoff,
    int scanStep,
    Breaker.Settings breaker) {
  private static final Duration MS = Duration.ofMillis(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /// Reads the keys below `purser.cache.redis`; null without a URL.
  static @Nullable RedisSettings read(@Nullable RedisUrl url, Keys keys) {
    String prefix = keys.text("prefix");
    if (!prefix.matches("[A-Za-z0-9:_.{}-]{1,64}")) {
      keys.refuse("prefix", "must be 1 to 64 of the characters A-Z a-z 0-9 : _ . { } -");
    }
    String pem = keys.text("certificates");
    Path certificates = pem.isEmpty() ? null : Path.of(pem).toAbsolutePath().normalize();
    if (certificates != null && !Files.isReadable(certificates)) {
      keys.refuse("certificates", certificates + " cannot be read");
    }
    double jitter = keys.ratio("ttl-jitter", 0, 0.5);
    Duration connect = keys.duration("connect-timeout", MS, MINUTE);
    Duration command = keys.duration("command-timeout", MS, MINUTE);
    Duration silence = keys.duration("silence", MS, MINUTE);
    if (silence.compareTo(command) < 0) {
      keys.refuse("silence", "must not be below command-timeout");
    }
    int inFlight = keys.integer("in-flight", 1, 100_000);
    long inFlightBytes = keys.bytes("in-flight-bytes", 64 << 10, 1L << 30);
    Backoff backoff = backoff(keys, "backoff");
    int scanStep = keys.integer("scan-step", 10, 10_000);
    Breaker.Settings breaker = breaker(keys.at("breaker"));
    return url == null
        ? null
        : new RedisSettings(
            url,
            prefix,
            certificates,
            jitter,
            connect,
            command,
            silence,
            inFlight,
            inFlightBytes,
            backoff,
            scanStep,
            breaker);
  }

  private static Breaker.Settings breaker(Keys keys) {
    return new Breaker.Settings(
        keys.duration("window", Duration.ofSeconds(1), MINUTE),
        keys.integer("calls", 1, 100_000),
        keys.ratio("share", 0.01, 1),
        keys.duration("slow", MS, MINUTE),
        backoff(keys, "pause"),
        keys.integer("probes", 1, 100));
  }

  private static Backoff backoff(Keys keys, String name) {
    Duration first = keys.duration(name + "-first", MS, MINUTE);
    Duration cap = keys.duration(name + "-cap", MS, Duration.ofHours(1));
    if (first.compareTo(cap) > 0) {
      keys.refuse(name + "-first", "must not be above " + name + "-cap");
    }
    return new Backoff(first, cap);
  }
}
