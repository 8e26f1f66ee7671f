package dev.purser.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A real PostgreSQL server on this machine, started from its Maven artifact, as durable as in
/// production. Its superuser is `postgres`, without a password. Safe for many threads, but for
/// stopping and starting.
public final class Postgres implements AutoCloseable {
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static @Nullable Postgres shared;

  private final Path folder;
  private final Map<String, String> config;
  private EmbeddedPostgres server;
  private final int port;

  /// How a server is stopped.
  public enum Stop {
    /// Sessions are ended in order, as by an administrator.
    FAST("INT"),
    /// Without a checkpoint: the next start recovers, as after a crash.
    IMMEDIATE("QUIT");

    private final String signal;

    Stop(String signal) {
      this.signal = signal;
    }
  }

  private Postgres(Path folder, Map<String, String> config) {
    this.folder = folder;
    this.config = new HashMap<>(config);
    this.server = start(0);
    this.port = server.getPort();
  }

  /// The one server that all tests of this JVM share; each uses a database of its own.
  public static synchronized Postgres shared() {
    if (shared == null) {
      Postgres started = start(Map.of());
      Runtime.getRuntime().addShutdownHook(new Thread(started::close, "postgres-stop"));
      shared = started;
    }
    return shared;
  }

  /// A server of the test's own, which it may stop, start again and configure.
  public static Postgres start(Map<String, String> config) {
    try {
      return new Postgres(Files.createTempDirectory("postgres"), config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private EmbeddedPostgres start(int at) {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setDataDirectory(data())
            .setCleanDataDirectory(false)
            .setRegisterShutdownHook(false)
            .setPGStartupWait(Duration.ofSeconds(60))
            .setLocaleConfig("locale", "C.UTF-8")
            // The artifact's own defaults are for tests that may lose what they wrote.
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "on")
            .setServerConfig("max_connections", "100");
    if (at > 0) {
      var _ = builder.setPort(at);
    }
    config.forEach(builder::setServerConfig);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Path data() {
    return folder.resolve("data");
  }

  public int port() {
    return port;
  }

  /// An empty database of its own, in milliseconds.
  public String freshDatabase() {
    return freshDatabase("template1");
  }

  /// A copy of the database `template`, to which nobody is connected.
  public String freshDatabase(String template) {
    String name = "test_" + DATABASES.incrementAndGet();
    run("postgres", "CREATE DATABASE " + name + " TEMPLATE " + template);
    return name;
  }

  /// What the configuration names a database by.
  public String url(String database) {
    return "postgresql://postgres@127.0.0.1:" + port + "/" + database;
  }

  /// A bare connection of the superuser.
  public Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + port + "/" + database, "postgres", "");
  }

  /// Runs statements as the superuser.
  public void run(String database, String... statements) {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The first column of a query's rows, as text.
  public List<String> ask(String database, String sql) {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> column = new ArrayList<>();
      while (rows.next()) {
        column.add(rows.getString(1));
      }
      return column;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Stops the server and waits until it is gone.
  public void stop(Stop how) {
    try {
      long pid = Long.parseLong(Files.readAllLines(data().resolve("postmaster.pid")).getFirst());
      var _ = new ProcessBuilder("kill", "-" + how.signal, Long.toString(pid)).start().waitFor();
      ProcessHandle.of(pid).ifPresent(p -> p.onExit().orTimeout(30, TimeUnit.SECONDS).join());
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Starts it again on the same folder and port.
  public void startAgain() {
    server = start(port);
  }

  /// Puts a line before all others of `pg_hba.conf`, which trust everybody, and loads it.
  public void authenticate(String line) {
    Path file = data().resolve("pg_hba.conf");
    try {
      Files.writeString(file, line + "\n" + Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    run("postgres", "SELECT pg_reload_conf()");
  }

  /// Sets a parameter of the server from the next start on.
  public void configure(String parameter, String value) {
    config.put(parameter, value);
  }

  @Override
  public void close() {
    if (Files.exists(data().resolve("postmaster.pid"))) {
      stop(Stop.IMMEDIATE);
    }
    try (var files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
