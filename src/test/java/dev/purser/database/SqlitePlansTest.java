package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How SQLite finds its rows.
final class SqlitePlansTest {
  @TempDir Path folder;

  /// A page deep in a long list must cost what the first one costs.
  @Test
  void pagesAndLookups_areFoundByAnIndex() throws SQLException {
    try (TestStore store = new TestStore(folder);
        var connection = DriverManager.getConnection("jdbc:sqlite:" + store.file);
        var statement = connection.createStatement()) {
      try (var rows =
          statement.executeQuery(
              "EXPLAIN QUERY PLAN SELECT p.id, p.sku FROM purchases p WHERE p.customer = 'a'"
                  + " AND p.at_micros <= 5 AND (p.at_micros < 5 OR p.id > 'x')"
                  + " ORDER BY p.at_micros DESC, p.id LIMIT 5")) {
        List<String> plan = new ArrayList<>();
        while (rows.next()) {
          plan.add(rows.getString("detail"));
        }
        assertThat(plan)
            .containsExactly("SEARCH p USING INDEX purchases_by_time (customer=? AND at_micros<?)");
      }
    }
  }
}
