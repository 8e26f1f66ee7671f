package dev.purser.database;

import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Outcome;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Fences that the writing connection remembers, and when it must not rely on them.
final class SqliteFencesTest {
  @TempDir Path folder;
  private TestStore store;

  @BeforeEach
  void open() throws SQLException {
    store = new TestStore(folder);
  }

  @AfterEach
  void close() throws SQLException {
    store.close();
  }

  @Test
  void customer_changedByAnotherConnection_isMoved() throws SQLException {
    store.saved("ada", purchase("p1", 1));
    CustomerSave stale = store.draft("ada", purchase("p2", 1));
    elsewhere("UPDATE customers SET version = version + 1 WHERE id = 'ada'");
    assertThat(store.commit(stale)).isEqualTo(new SaveReply.Moved());
    assertThat(store.outcomes("ada", purchase("p2", 1))).containsExactly(Outcome.ACCEPTED);
  }

  @Test
  void customer_deletedByAnotherConnection_isMoved() throws SQLException {
    store.saved("ada", purchase("p1", 1));
    CustomerSave stale = store.draft("ada", purchase("p2", 1));
    elsewhere("DELETE FROM customers WHERE id = 'ada'");
    assertThat(store.commit(stale)).isEqualTo(new SaveReply.Moved());
  }

  @Test
  void transaction_takenBack_leavesNoFence() throws SQLException {
    store.saved("ada", purchase("p1", 1));
    CustomerSave save = store.draft("ada", purchase("p2", 2));
    store.store.apply(List.of(new Store.Write.OfCustomer(save, false)));
    store.store.rollback();
    SaveReply.Saved reply = (SaveReply.Saved) store.commit(save);
    assertThat(reply.outcomes()).containsExactly(Outcome.ACCEPTED);
    assertThat(reply.profile().totals("GBP").grossMinor()).isEqualTo(3);
  }

  private void elsewhere(String sql) throws SQLException {
    try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + store.file);
        Statement statement = other.createStatement()) {
      assertThat(statement.executeUpdate(sql)).isEqualTo(1);
    }
  }
}
