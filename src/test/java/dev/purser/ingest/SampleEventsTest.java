package dev.purser.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class SampleEventsTest {

  @Test
  void events_ofOneSeed_areTheSameBytes() throws IOException {
    assertThat(events(5_000, 1)).isEqualTo(events(5_000, 1)).isNotEqualTo(events(5_000, 2));
    assertThat(new String(events(5_000, 1), UTF_8)).startsWith(new String(events(100, 1), UTF_8));
  }

  @Test
  void events_read_asTheirTruthSays() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Truth truth = SampleEvents.write(50_000, 42, out);
    JsonReader reader = new JsonReader(Samples.EVENTS, false, 1 << 20);
    Ledger ledger = new Ledger();
    for (Block block : Samples.blocks(false, 1 << 20, out.toByteArray(), 1 << 16)) {
      reader.read(block).forEach(ledger::add);
    }
    assertThat(truth.lines()).isEqualTo(50_000).isEqualTo(ledger.lines);
    assertThat(ledger.rejected).isEqualTo(truth.rejectedLines()).isPositive();
    assertThat(truth.duplicateLines()).isPositive();
    assertThat(truth.acceptedLines() + truth.duplicateLines() + truth.rejectedLines())
        .isEqualTo(50_000);
    assertThat(ledger.net).isEqualTo(net(truth));
  }

  @Test
  void invoices_read_asTheirTruthSays() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Truth truth = SampleInvoices.write(50_000, 42, out);
    CsvReader reader = Samples.csv(Samples.HEADER);
    Ordinals ordinals = new Ordinals(10_000);
    Ledger ledger = new Ledger();
    List<Line> lines = new ArrayList<>();
    for (Block block : Samples.blocks(true, 1 << 20, out.toByteArray(), 1 << 16)) {
      lines.addAll(reader.read(block));
    }
    lines.subList(1, lines.size()).stream().map(ordinals::number).forEach(ledger::add);
    assertThat(ledger.lines).isEqualTo(50_000).isEqualTo(truth.lines());
    assertThat(ledger.rejected).isEqualTo(truth.rejectedLines()).isPositive();
    assertThat(ledger.skipped).isEqualTo(truth.skippedLines()).isPositive();
    assertThat(ledger.net).isEqualTo(net(truth));
  }

  private static Map<String, Long> net(Truth truth) {
    Map<String, Long> net = new TreeMap<>();
    truth.customers().forEach((c, s) -> net.put(c, s.netMinor()));
    net.values().removeIf(n -> n == 0);
    return net;
  }

  private static byte[] events(long lines, long seed) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SampleEvents.write(lines, seed, out);
    return out.toByteArray();
  }

  /// Adds up what was read, each id once.
  private static final class Ledger {
    private final Map<String, Long> net = new TreeMap<>();
    private final Set<String> ids = new HashSet<>();
    private long lines;
    private long rejected;
    private long skipped;

    void add(Line line) {
      lines++;
      switch (line.verdict()) {
        case Verdict.Event(String c, Purchase p) -> add(line, c, p.amountMinor());
        case Verdict.Event(String c, Refund r) -> add(line, c, -r.amountMinor());
        case Verdict.Event _, Verdict.RecordChange _ -> {}
        case Verdict.Rejected _ -> rejected++;
        case Verdict.Skipped _ -> skipped++;
      }
    }

    private void add(Line line, String customer, long minor) {
      if (ids.add(line.derivedId())) {
        net.merge(customer, minor, Long::sum);
        net.remove(customer, 0L);
      }
    }
  }
}
