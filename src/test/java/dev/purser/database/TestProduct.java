package dev.purser.database;

import dev.purser.testing.Postgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// The products that the same tests run against, each a real one. A folder names a database: the
/// file in it, or one of the server's that is made for it.
enum TestProduct {
  SQLITE {
    @Override
    Product open(Path folder) {
      return new SqliteProduct(folder.resolve("purser.db"), TestStore.SETTINGS);
    }

    @Override
    Product open(Path folder, DatabaseSettings settings) {
      return new SqliteProduct(folder.resolve("purser.db"), settings.sqlite());
    }

    @Override
    DatabaseUrl url(Path folder) {
      return new DatabaseUrl.OfFile(folder.resolve("purser.db"));
    }

    @Override
    Connection connect(Path folder) throws SQLException {
      return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("purser.db"));
    }

    @Override
    SQLException lost() {
      return new SQLiteException("the answer was lost", SQLiteErrorCode.SQLITE_IOERR);
    }

    @Override
    SQLException busy() {
      return new SQLiteException("the commit was refused", SQLiteErrorCode.SQLITE_BUSY);
    }

    @Override
    SQLException refused() {
      return new SQLiteException("the commit was refused", SQLiteErrorCode.SQLITE_FULL);
    }
  },
  POSTGRES {
    @Override
    Product open(Path folder) {
      return postgres(Postgres.shared().url(database(folder)), Duration.ofSeconds(10));
    }

    @Override
    Product open(Path folder, DatabaseSettings settings) {
      Duration limit = settings.slots().workLimit();
      return postgres(Postgres.shared().url(database(folder)), limit);
    }

    @Override
    DatabaseUrl url(Path folder) {
      return DatabaseUrl.parse(Postgres.shared().url(database(folder)));
    }

    @Override
    Connection connect(Path folder) throws SQLException {
      Connection connection = Postgres.shared().connect(database(folder));
      connection.setSchema("purser");
      return connection;
    }

    @Override
    SQLException lost() {
      return new SQLException("the answer was lost", "08006");
    }

    @Override
    SQLException busy() {
      return new SQLException("the commit was refused", "40001");
    }

    @Override
    SQLException refused() {
      return new SQLException("the commit was refused", "57014");
    }
  };

  private static final Map<Path, String> DATABASES = new ConcurrentHashMap<>();
  private static @Nullable String template;

  abstract Product open(Path folder);

  abstract Product open(Path folder, DatabaseSettings settings);

  /// What a configuration names the database by.
  abstract DatabaseUrl url(Path folder);

  /// A bare connection that sees our tables.
  abstract Connection connect(Path folder) throws SQLException;

  /// A commit whose outcome is unknown.
  abstract SQLException lost();

  /// A commit that was not applied and may be tried again at once.
  abstract SQLException busy();

  /// A commit that was not applied, on a connection that ends with it.
  abstract SQLException refused();

  static PostgresProduct postgres(String url, Duration workLimit) {
    return new PostgresProduct(
        PostgresUrl.parse(url), new PostgresSettings("purser", Duration.ofSeconds(5)), workLimit);
  }

  private static String database(Path folder) {
    return DATABASES.computeIfAbsent(
        folder, _ -> Postgres.shared().freshDatabase(migratedTemplate()));
  }

  /// A database with our schema, copied in less time than migrating takes.
  private static synchronized String migratedTemplate() {
    if (template == null) {
      String name = Postgres.shared().freshDatabase();
      try {
        postgres(Postgres.shared().url(name), Duration.ofSeconds(10)).writer().open().close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      template = name;
    }
    return template;
  }
}
