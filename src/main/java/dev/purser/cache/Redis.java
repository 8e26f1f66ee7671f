package dev.purser.cache;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The client of one Redis: it opens connections, and all of them end with it. Owned by one actor.
///
/// Its own reconnecting is off: whoever owns it decides when, and commands are refused meanwhile
/// instead of queued. RESP2 is enough here and every Redis speaks it; the client asks for a PONG
/// before it lets a connection be used.
final class Redis implements AutoCloseable {
  /// More commands than the owner lets be in flight, plus those of the handshake.
  private static final int HANDSHAKE_COMMANDS = 16;

  private static final RedisCodec<String, byte[]> CODEC =
      RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

  /// The server names each of its lives, from start to end, anew.
  private static final Pattern RUN_ID = Pattern.compile("(?m)^run_id:([0-9a-f]{8,})");

  private static final int LIFE_DIGITS = 8;

  private final RedisSettings settings;
  private final ClientResources resources;
  private final RedisClient client;
  private final RedisURI uri;

  Redis(RedisSettings settings) {
    this.settings = settings;
    // One connection uses one thread of each; two are the least that can be had.
    resources = ClientResources.builder().ioThreadPoolSize(2).computationThreadPoolSize(2).build();
    client = RedisClient.create(resources);
    client.setOptions(options(settings));
    uri = uri(settings);
  }

  private static ClientOptions options(RedisSettings settings) {
    SslOptions.Builder ssl = SslOptions.builder().handshakeTimeout(settings.connectTimeout());
    if (settings.certificates() != null) {
      ssl.trustManager(settings.certificates().toFile());
    }
    return ClientOptions.builder()
        .autoReconnect(false)
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .requestQueueSize(settings.inFlight() + HANDSHAKE_COMMANDS)
        .protocolVersion(ProtocolVersion.RESP2)
        .maintNotificationsConfig(MaintNotificationsConfig.disabled())
        .socketOptions(
            SocketOptions.builder()
                .connectTimeout(settings.connectTimeout())
                .keepAlive(true)
                .build())
        .sslOptions(ssl.build())
        .build();
  }

  private static RedisURI uri(RedisSettings settings) {
    RedisUrl url = settings.url();
    RedisURI.Builder uri =
        RedisURI.builder()
            .withHost(url.host())
            .withPort(url.port())
            .withSsl(url.tls())
            .withVerifyPeer(SslVerifyMode.FULL)
            .withDatabase(url.database())
            .withClientName("purser")
            .withTimeout(settings.connectTimeout());
    if (url.password() != null && url.user() != null) {
      uri.withAuthentication(url.user(), url.password());
    } else if (url.password() != null) {
      uri.withPassword((CharSequence) url.password());
    }
    return uri.build();
  }

  /// Opens a connection and learns which life of the server it leads to.
  ///
  /// @param lost is told on a thread of the client's, once, when the connection has ended
  CompletionStage<RedisLink> open(Consumer<RedisLink> lost) {
    return client
        .connectAsync(CODEC, uri)
        .toCompletableFuture()
        .thenCompose(connection -> introduced(connection, lost));
  }

  private CompletionStage<RedisLink> introduced(
      StatefulRedisConnection<String, byte[]> connection, Consumer<RedisLink> lost) {
    RedisLink link = new RedisLink(connection, settings.prefix(), lost);
    CompletableFuture<RedisLink> introduced =
        connection
            .async()
            .info("server")
            .toCompletableFuture()
            .thenCompose(info -> link.ready().thenApply(_ -> link.alive(life(info))))
            .orTimeout(settings.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
    return introduced.whenComplete(
        (_, failure) -> {
          if (failure != null) {
            link.close();
          }
        });
  }

  private static String life(String info) {
    Matcher found = RUN_ID.matcher(info);
    if (!found.find()) {
      throw new IllegalStateException("INFO names no run_id");
    }
    return found.group(1).substring(0, LIFE_DIGITS);
  }

  /// Ends all connections; returns at once.
  @Override
  public void close() {
    CompletionStage<?> _ =
        client
            .shutdownAsync(0, 1, TimeUnit.SECONDS)
            .whenComplete(
                (_, _) -> {
                  var _ = resources.shutdown(0, 1, TimeUnit.SECONDS);
                });
  }
}
