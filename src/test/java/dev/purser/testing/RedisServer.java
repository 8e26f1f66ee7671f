package dev.purser.testing;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redis.embedded.core.ExecutableProvider;

/// A real Redis as a process of its own on a port of its own, and what can happen to one. Only
/// processes started here are ever ended here.
public final class RedisServer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final RedisCodec<String, byte[]> CODEC =
      RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

  private final int port;
  private final Path folder;
  private final List<String> settings;
  private final @Nullable String password;
  private @Nullable Process process;
  private @Nullable RedisClient client;
  private @Nullable StatefulRedisConnection<String, byte[]> connection;

  private RedisServer(@Nullable String password, List<String> settings) {
    this.password = password;
    this.settings = settings;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
      folder = Files.createTempDirectory("redis");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
  }

  /// Starts one; `settings` are those of its command line, such as `--maxmemory`, `2mb`. It saves
  /// nothing unless it is told to.
  public static RedisServer start(String... settings) {
    RedisServer server = new RedisServer(null, List.of(settings));
    server.restart();
    return server;
  }

  /// Starts one that asks for a password.
  public static RedisServer withPassword(String password) {
    RedisServer server = new RedisServer(password, List.of("--requirepass", password));
    server.restart();
    return server;
  }

  /// Starts one that speaks TLS alone.
  public static RedisServer withTls(Path certificate, Path key, Path authority) {
    RedisServer server =
        new RedisServer(
            null,
            List.of(
                "--tls-cert-file",
                certificate.toString(),
                "--tls-key-file",
                key.toString(),
                "--tls-ca-cert-file",
                authority.toString(),
                "--tls-auth-clients",
                "no"));
    server.startTls();
    return server;
  }

  public int port() {
    return port;
  }

  /// Where it listens, without user or password.
  public String url() {
    return "redis://127.0.0.1:" + port;
  }

  /// Starts it again on the same port and folder; it reads what it has saved.
  public void restart() {
    launch("--port", Integer.toString(port));
    await(() -> "PONG".equals(ask(RedisCommands::ping)));
  }

  private void startTls() {
    launch("--port", "0", "--tls-port", Integer.toString(port));
    await(
        () -> {
          try (var _ = new java.net.Socket(InetAddress.getLoopbackAddress(), port)) {
            return true;
          } catch (IOException _) {
            return false;
          }
        });
  }

  private void launch(String... ports) {
    List<String> command = new ArrayList<>();
    command.add(Binary.FILE.getAbsolutePath());
    command.addAll(List.of(ports));
    command.addAll(List.of("--bind", "127.0.0.1", "--dir", folder.toString()));
    command.addAll(List.of("--save", "", "--appendonly", "no"));
    command.addAll(settings);
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("log").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// kill -9.
  public void kill() {
    disconnect();
    if (process != null) {
      process.destroyForcibly().onExit().join();
      process = null;
    }
  }

  /// Stops its process where it stands: connections stay, nothing is answered.
  public void stall() {
    signal("-STOP");
    // The signal is on its way; until it has arrived the server may still answer.
    while (!stopped()) {
      Thread.onSpinWait();
    }
  }

  private boolean stopped() {
    try {
      String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) == 'T';
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Lets it go on.
  public void resume() {
    signal("-CONT");
  }

  private void signal(String name) {
    if (process == null) {
      throw new IllegalStateException("not running");
    }
    try {
      int code = new ProcessBuilder("kill", name, Long.toString(process.pid())).start().waitFor();
      if (code != 0) {
        throw new IllegalStateException("kill " + name + " ended with " + code);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Has every command of every client wait for so long.
  public void pause(Duration duration) {
    ask(r -> r.clientPause(duration.toMillis()));
  }

  public void flushAll() {
    ask(RedisCommands::flushall);
  }

  /// Keeps everything on disk, to be read at the next start.
  public void save() {
    ask(RedisCommands::save);
  }

  /// All keys that begin with `prefix`.
  public List<String> keys(String prefix) {
    return ask(r -> r.keys(prefix + "*"));
  }

  /// Replaces every value by `rubbish`.
  public void plantEverywhere(byte[] rubbish) {
    for (String key : keys("")) {
      ask(r -> r.set(key, rubbish));
    }
  }

  /// Lets `duration` pass for everything that has a time to live.
  public void age(Duration duration) {
    for (String key : keys("")) {
      long left = ask(r -> r.pttl(key)) - duration.toMillis();
      if (left > 0) {
        ask(r -> r.pexpire(key, left));
      } else {
        ask(r -> r.del(key));
      }
    }
  }

  /// Anything else.
  public <T extends @Nullable Object> T ask(Function<RedisCommands<String, byte[]>, T> question) {
    if (connection == null || !connection.isOpen()) {
      disconnect();
      RedisURI.Builder uri = RedisURI.builder().withHost("127.0.0.1").withPort(port);
      if (password != null) {
        uri.withPassword((CharSequence) password);
      }
      client = RedisClient.create(uri.build());
      connection = client.connect(CODEC);
    }
    return question.apply(connection.sync());
  }

  private void disconnect() {
    if (client != null) {
      client.shutdown(0, 1, TimeUnit.SECONDS);
      client = null;
      connection = null;
    }
  }

  private static void await(java.util.function.BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      try {
        if (condition.getAsBoolean()) {
          return;
        }
      } catch (RedisException _) {
        // Not yet.
      }
      LockSupport.parkNanos(10_000_000);
    }
    throw new IllegalStateException("Redis did not start within " + PATIENCE);
  }

  @Override
  public void close() {
    kill();
  }

  /// The server of the artifact, unpacked once.
  private static final class Binary {
    static final File FILE = unpack();

    private static File unpack() {
      try {
        return ExecutableProvider.newJarResourceProvider().get();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
