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

  /// A page deep in a long list must cost what the first one costs; where there are few, one
  /// customer's rows are sorted and no other's are met.
  @Test
  void pages_ofMany_areFoundByAnIndex_ofFew_withinTheCustomer() throws SQLException {
    String page =
        "SELECT p.id, p.sku FROM purchases p WHERE p.customer = 'a'%s"
            + " AND p.at_micros <= 5 AND (p.at_micros < 5 OR p.id > 'x')"
            + " ORDER BY p.at_micros DESC, p.id LIMIT 5";
    assertThat(plan(page.formatted(" AND p.listed = 1")))
        .containsExactly("SEARCH p USING INDEX purchases_by_time (customer=? AND at_micros<?)");
    assertThat(plan(page.formatted("")))
        .containsExactly("SEARCH p USING PRIMARY KEY (customer=?)", "USE TEMP B-TREE FOR ORDER BY");
  }

  /// Every statement finds its records by the primary key, bounded at both ends where it is a
  /// range.
  @Test
  void records_areFoundByThePrimaryKey() throws SQLException {
    assertThat(
            plan(
                "SELECT slice, id, version, content FROM records WHERE collection = 'd'"
                    + " AND (slice, id) > (3, 'a') AND slice <= 9 ORDER BY slice, id LIMIT 5"))
        .containsExactly(
            "SEARCH records USING PRIMARY KEY (collection=? AND (slice,id)>(?,?) AND slice<?)");
    assertThat(
            plan(
                "DELETE FROM records WHERE (collection, slice, id) IN (VALUES ('d',1,'a'),"
                    + "('d',2,'b'))"))
        .contains("SEARCH records USING PRIMARY KEY (collection=? AND slice=? AND id=?)");
  }

  private List<String> plan(String sql) throws SQLException {
    try (TestStore store = new TestStore(folder);
        var connection = DriverManager.getConnection("jdbc:sqlite:" + store.file);
        var statement = connection.createStatement();
        var rows = statement.executeQuery("EXPLAIN QUERY PLAN " + sql)) {
      List<String> plan = new ArrayList<>();
      while (rows.next()) {
        plan.add(rows.getString("detail"));
      }
      return plan;
    }
  }
}
