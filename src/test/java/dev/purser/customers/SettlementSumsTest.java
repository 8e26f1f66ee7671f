package dev.purser.customers;

import static dev.purser.customers.NodeFixture.await;
import static dev.purser.customers.NodeFixture.soon;
import static dev.purser.customers.Samples.creditNote;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.customers.Customer.Reply;
import dev.purser.database.Chore;
import dev.purser.database.Database;
import dev.purser.database.Query;
import dev.purser.database.RunRow;
import dev.purser.ledger.ExactSum;
import dev.purser.ledger.Money;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.RunEvent.Report;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Settlements of everybody whose sums exceed 64 bits.
final class SettlementSumsTest {
  private static final int CUSTOMERS = 1_100;
  private static final BigInteger SUM =
      BigInteger.valueOf(Money.MAX_MINOR).multiply(BigInteger.valueOf(CUSTOMERS));
  private static final ExactSum SETTLED = new ExactSum("GBP", CUSTOMERS, SUM);

  @TempDir private Path folder;

  private static Report.Settlement settle(NodeFixture node, String key) {
    List<RunEvent> events =
        await(node.customers.settleAll(key).runWith(Sink.seq(), node.kit.system()));
    assertThat(events.getLast()).isInstanceOf(RunEvent.Summary.class);
    return (Report.Settlement) ((RunEvent.Summary) events.getLast()).report();
  }

  @Test
  void settleAll_beyond64Bits_exactAndToldAgain_alsoAfterAnOverflowOfAnOlderVersion() {
    try (NodeFixture node = new NodeFixture(folder)) {
      List<CompletionStage<Reply>> made =
          IntStream.range(0, CUSTOMERS)
              .mapToObj(
                  i ->
                      node.customers.apply(
                          "c" + i, List.of(creditNote("r", Money.MAX_MINOR)), null, true, soon()))
              .toList();
      made.forEach(reply -> assertThat(await(reply)).isInstanceOf(Reply.Applied.class));
      // As 0.1.0 left it: it had added up 64 bits, and could not read the database's sum.
      String overflowed =
          "{\"customers\":1100,\"refunds\":1100,\"settled\":"
              + "[{\"currency\":\"GBP\",\"refunds\":1100,\"amount_minor\":-8538824893494461516}]}";
      RunRow run = new RunRow("1", "settlement", "failed", "key", 1, 2L, overflowed);
      await(node.customers.order(new Chore.KeepRun(run), Database.Lane.INTERACTIVE, soon()));
      Report.Settlement first = settle(node, "key");
      assertThat(first.run()).isEqualTo("1");
      assertThat(first.customers()).isEqualTo(CUSTOMERS);
      assertThat(first.settled()).containsExactly(SETTLED);
      Report.Settlement again = settle(node, "key");
      assertThat(again.duplicate()).isTrue();
      assertThat(again.settled()).containsExactly(SETTLED);
      RunRow kept =
          await(node.customers.answer(new Query.RunByKey("settlement", "key"), soon()))
              .orElseThrow();
      assertThat(kept.report()).contains("\"amount_minor\":" + SUM);
    }
  }
}
