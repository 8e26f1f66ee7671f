package dev.purser.cache;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import io.lettuce.core.protocol.RedisProtocolException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;

/// Failures of Redis in one sentence that says what to mend. Sentences name host and port, never
/// user or password. Pure functions.
final class Trouble {
  /// Longer chains of causes are not followed: they may be circular.
  private static final int DEPTH = 12;

  /// More of what a server says is not repeated.
  private static final int WORDS = 120;

  private static final String GRANT =
      "grant the user get, set, unlink, scan, info, eval and evalsha on our keys";

  private Trouble() {}

  /// Whether a key holds something else than a plain value.
  static boolean wrongType(RedisCommandExecutionException refusal) {
    return said(refusal).startsWith("WRONGTYPE");
  }

  static String slow(RedisSettings settings, String tally) {
    return "Redis at %s is too slow: %s within %d s failed or took longer than %d ms; it is left alone, and probed."
        .formatted(
            settings.url().where(),
            tally,
            settings.breaker().window().toSeconds(),
            settings.breaker().slow().toMillis());
  }

  static String silent(RedisSettings settings) {
    return "Redis at %s has not answered for %d ms; the connection is replaced."
        .formatted(settings.url().where(), settings.silence().toMillis());
  }

  static String lost(RedisUrl url) {
    return "The connection to Redis at " + url.where() + " was lost; it is opened again.";
  }

  static String sentence(Throwable failure, RedisUrl url) {
    List<Throwable> chain = new ArrayList<>();
    for (Throwable t = failure; t != null && chain.size() < DEPTH; t = t.getCause()) {
      chain.add(t);
    }
    String at = url.where();
    for (Throwable t : chain) {
      if (t instanceof RedisCommandExecutionException) {
        return refusal(said(t), at);
      }
    }
    if (any(chain, t -> t instanceof NotSslRecordException)) {
      return at + " does not speak TLS; write redis:// in purser.cache.url, or mend its port.";
    }
    if (any(chain, t -> t instanceof SSLException)) {
      return "TLS with Redis at "
          + at
          + " failed; purser.cache.redis.certificates must hold who signed its certificate, and the"
          + " certificate must name the host: "
          + said(chain.getLast());
    }
    return unreachable(chain, at);
  }

  private static String unreachable(List<Throwable> chain, String at) {
    if (any(chain, t -> t instanceof UnknownHostException)) {
      return "There is no host of the name in purser.cache.url, " + at + ".";
    }
    if (any(chain, t -> t instanceof ConnectException)) {
      return "Redis cannot be reached at " + at + "; start it there, or mend purser.cache.url.";
    }
    if (any(chain, t -> t instanceof DecoderException || t instanceof RedisProtocolException)) {
      return "What listens at " + at + " is no Redis; mend host and port in purser.cache.url.";
    }
    if (any(
        chain, t -> t instanceof RedisCommandTimeoutException || t instanceof TimeoutException)) {
      return at
          + " takes connections and does not answer as Redis does in time; it is stalled, another"
          + " service's port, or expects TLS (rediss://).";
    }
    if (any(chain, t -> t instanceof RedisException)) {
      return at
          + " ends connections before they can be used; is it Redis, and does it expect TLS"
          + " (rediss://)?";
    }
    return "Redis at " + at + " failed unexpectedly: " + chain.getLast().getClass().getSimpleName();
  }

  /// What Redis has said no with, a script's line number aside.
  private static String refusal(String words, String at) {
    String said = words.replaceFirst("^@user_script: ?[0-9]+: -?", "");
    return "Redis at " + at + " refuses: " + mend(said) + " (" + said + ").";
  }

  private static String mend(String said) {
    return switch (said.split(" ", 2)[0]) {
      case "WRONGPASS", "NOAUTH" -> "mend user and password in purser.cache.url";
      case "NOPERM" -> GRANT;
      case "OOM" -> "give it more memory, or an eviction policy such as allkeys-lru";
      case "READONLY" -> "it is a replica; name the one that takes writes in purser.cache.url";
      case "LOADING" -> "it is loading its data and will answer when that is done";
      case "MISCONF" -> "it cannot save its data; mend its disk";
      case "MOVED", "CROSSSLOT" -> "it is part of a Redis Cluster; name a Redis that stands alone";
      default -> mendOther(said);
    };
  }

  /// What older servers say without a code.
  private static String mendOther(String said) {
    if (said.contains("AUTH") || said.contains("password")) {
      return "mend user and password in purser.cache.url";
    }
    if (said.contains("DB index")) {
      return "mend the number of the database in purser.cache.url";
    }
    return said.contains("can't run this command") ? GRANT : "see what it says";
  }

  private static boolean any(List<Throwable> chain, Predicate<Throwable> test) {
    return chain.stream().anyMatch(test);
  }

  private static String said(Throwable failure) {
    String text = String.valueOf(failure.getMessage());
    return text.length() <= WORDS ? text : text.substring(0, WORDS) + "...";
  }
}
