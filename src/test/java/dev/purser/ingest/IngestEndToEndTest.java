package dev.purser.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.cache.Cache;
import dev.purser.cache.CacheSettings;
import dev.purser.config.Keys;
import dev.purser.customers.Customers;
import dev.purser.customers.CustomersSettings;
import dev.purser.customers.Following;
import dev.purser.database.Database;
import dev.purser.database.DatabaseSettings;
import dev.purser.database.Letter;
import dev.purser.database.NodeLease;
import dev.purser.database.Query;
import dev.purser.faults.Supervised;
import dev.purser.faults.SupervisionLog;
import dev.purser.ingest.Ingest.Replay;
import dev.purser.ingest.Ingest.Upload;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.RunEvent.Report;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The bulk lane with real customers on a real SQLite file.
final class IngestEndToEndTest {
  @TempDir Path folder;
  private ActorTestKit kit;
  private Customers customers;
  private Ingest ingest;

  @BeforeEach
  void start() {
    Config config = config();
    Keys keys = new Keys(config.getConfig("purser"));
    InstantSource clock = InstantSource.system();
    SupervisionLog log = new SupervisionLog(50, clock);
    kit = ActorTestKit.create(config);
    DatabaseSettings settings = DatabaseSettings.read(keys.at("database"));
    var database =
        kit.spawn(
            Supervised.with(
                Database.supervision(settings),
                Database.create(settings, folder.resolve("purser.db"), clock, log)));
    var cache =
        kit.spawn(
            Cache.create(
                CacheSettings.read(keys.at("cache")), false, log, kit.system().ignoreRef()));
    Cluster cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    customers =
        Customers.start(
            kit.system(),
            database,
            cache,
            CustomersSettings.read(keys.at("customers")),
            clock,
            Following.NOBODY,
            NodeLease.unshared());
    CompletableFuture<Ingest> door = new CompletableFuture<>();
    kit.spawn(
        Behaviors.setup(
            context -> {
              door.complete(
                  Ingest.start(
                      context,
                      Samples.settings(),
                      (id, changes, deadline) -> customers.apply(id, changes, null, true, deadline),
                      new StubRecords(),
                      database,
                      "GBP",
                      clock));
              return Behaviors.empty();
            }));
    ingest = door.join();
    assertThat(keys.reasons()).isEmpty();
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void generatedEvents_sentTwice_countedAndTotalledAsTheirTruth() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Truth truth = SampleEvents.write(20_000, 11, out);
    Report.Ingest first = upload(null, out.toByteArray());
    assertThat(first.accepted()).isEqualTo(truth.acceptedLines());
    assertThat(first.duplicates()).isEqualTo(truth.duplicateLines());
    assertThat(first.rejected()).isEqualTo(truth.rejectedLines());
    assertThat(first.customersCreated()).isEqualTo(truth.customers().size());
    assertTotals(truth);
    Report.Ingest second = upload(null, out.toByteArray());
    assertThat(second.accepted()).isZero();
    assertThat(second.duplicates()).isEqualTo(truth.acceptedLines() + truth.duplicateLines());
    assertThat(second.rejected()).isEqualTo(truth.rejectedLines());
    assertThat(second.customersCreated()).isZero();
    assertTotals(truth);
  }

  @Test
  void generatedInvoices_sentTwice_countedAndTotalledAsTheirTruth() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Truth truth = SampleInvoices.write(20_000, 5, out);
    Report.Ingest first = upload("online-retail", out.toByteArray());
    assertThat(first.accepted()).isEqualTo(truth.acceptedLines());
    assertThat(first.rejected()).isEqualTo(truth.rejectedLines());
    assertThat(first.skipped()).isEqualTo(truth.skippedLines());
    assertTotals(truth);
    Report.Ingest second = upload("online-retail", out.toByteArray());
    assertThat(second.accepted()).isZero();
    assertThat(second.duplicates()).isEqualTo(truth.acceptedLines());
    assertTotals(truth);
    assertThat(join(ingest.letters(null, "no_customer", 1, 0)).getFirst().run())
        .isEqualTo(second.run());
    assertThat(join(ingest.dropLetters(null, "no_customer"))).isPositive();
    assertThat(join(ingest.letters(null, "no_customer", 1, 0))).isEmpty();
  }

  /// Ten of a thousand purchases can be stored; each other line of the same ids is kept as it was.
  @Test
  void otherContentUnderUsedIds_leavesALetterOfEachLine_alsoAfterAReplay() {
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < 1_000; i++) {
      body.append(
          """
          {"type":"purchase","customer_id":"ada","id":"p%d","sku":"s","quantity":1,\
          "amount_minor":%d,"at":"2026-01-02T03:04:05Z"}
          """
              .formatted(i % 10, i + 1));
    }
    Report.Ingest first = upload(null, bytes(body.toString()));
    assertThat(first.accepted()).isEqualTo(10);
    List<Letter> letters = join(ingest.letters(null, "conflict", 1_000, 0));
    assertThat(letters).hasSize(990).extracting(Letter::raw).doesNotHaveDuplicates();
    assertThat(body.toString().lines().toList())
        .containsAll(letters.stream().map(Letter::raw).toList());
    assertThat(upload(null, bytes(body.toString())).rejected()).isEqualTo(990);
    List<Letter> again = join(ingest.letters(null, "conflict", 1_000, 0));
    assertThat(again).extracting(Letter::id).isEqualTo(letters.stream().map(Letter::id).toList());
    Report.Ingest replayed = report(ingest.replay(new Replay.All(null, "conflict")));
    assertThat(replayed.rejected()).isEqualTo(990);
    assertThat(join(ingest.letters(null, "conflict", 1_000, 0))).isEqualTo(again);
  }

  /// One invoice number, once for each of two customers, with a date that cannot be read.
  @Test
  void sameInvoiceOfTwoCustomers_leavesALetterOfEach_andACorrectionTakesItsPlace() {
    String header =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    for (String customer : List.of("custA", "custB")) {
      String line = "IU1,s,d,1,never,1.00," + customer + ",F\n";
      assertThat(upload("online-retail", bytes(header + line)).rejected()).isEqualTo(1);
    }
    List<Letter> both = join(ingest.letters(null, null, 10, 0));
    assertThat(both).hasSize(2);
    assertThat(both.getFirst().raw()).contains("custA");
    String wrong = "IU1,s,d,1,still never,1.00,custA,F";
    assertThat(report(ingest.replay(new Replay.One(both.getFirst().id(), wrong))).rejected())
        .isEqualTo(1);
    List<Letter> after = join(ingest.letters(null, null, 10, 0));
    assertThat(after).hasSize(2).contains(both.getLast());
    assertThat(after.getLast())
        .returns(wrong, Letter::raw)
        .returns(both.getFirst().derivedId(), Letter::derivedId);
    String right = "IU1,s,d,1,2010-12-01 08:26:00,1.00,custA,F";
    assertThat(report(ingest.replay(new Replay.One(after.getLast().id(), right))).accepted())
        .isEqualTo(1);
    assertThat(join(ingest.letters(null, null, 10, 0))).containsExactly(both.getLast());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void partOfTheRealYear_uploaded_countedAsReadAlone() {
    byte[] body = Samples.retailPart(1);
    Report.Ingest report = upload("online-retail", body);
    assertThat(report.accepted() + report.rejected() + report.skipped()).isEqualTo(report.lines());
    assertThat(report.duplicates()).isZero();
  }

  private void assertTotals(Truth truth) {
    for (Map.Entry<String, Truth.Spend> entry : truth.customers().entrySet()) {
      Truth.Spend spend = entry.getValue();
      var reply = join(customers.read(entry.getKey(), System.currentTimeMillis() + 20_000));
      String json = new String(((dev.purser.customers.Customer.Reply.Read) reply).json());
      if (!spend.equals(Truth.Spend.NONE)) {
        assertThat(json)
            .contains("\"purchases\":" + spend.purchases() + ",")
            .contains("\"gross_minor\":" + spend.grossMinor() + ",")
            .contains("\"refunds\":" + spend.refunds() + ",")
            .contains("\"pending_refund_minor\":" + spend.refundedMinor() + ",");
      }
    }
    var filter = new Query.SegmentFilter(Map.of(), "GBP", null, null, null, null);
    var page =
        join(
            customers.answer(
                new Query.Segment(filter, true, 1, null), System.currentTimeMillis() + 20_000));
    assertThat(page.count()).isEqualTo(truth.customers().size());
  }

  private Report.Ingest upload(String profile, byte[] body) {
    Report.Ingest report = report(ingest.start(new Upload(profile, false, pieces(body))));
    assertThat(report.committedLines()).isEqualTo(report.lines());
    return report;
  }

  private Report.Ingest report(CompletionStage<Source<RunEvent, NotUsed>> run) {
    var last = join(run.thenCompose(s -> s.runWith(Sink.last(), kit.system())));
    assertThat(last).isInstanceOf(RunEvent.Summary.class);
    return (Report.Ingest) ((RunEvent.Summary) last).report();
  }

  /// The body as it comes from a socket.
  private static Source<ByteString, ?> pieces(byte[] body) {
    int piece = 16 * 1024;
    return Source.range(0, (body.length - 1) / piece)
        .map(i -> ByteString.fromArray(body, i * piece, Math.min(piece, body.length - i * piece)));
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(120, TimeUnit.SECONDS).join();
  }

  private static Config config() {
    String node =
        """
        pekko {
          loglevel = WARNING
          log-dead-letters = off
          actor.provider = cluster
          actor.serialize-messages = on
          actor.allow-java-serialization = off
          actor.serialization-bindings { "dev.purser.cluster.Wire" = jackson-cbor }
          remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
          cluster.jmx.multi-mbeans-in-same-jvm = on
          cluster.sharding.retry-interval = 100 ms
          cluster.periodic-tasks-initial-delay = 100 ms
          cluster.leader-actions-interval = 100 ms
          coordinated-shutdown.exit-jvm = off
        }
        """;
    Config config = ConfigFactory.parseString(node);
    for (String subject : new String[] {"customers", "cache", "database"}) {
      config = config.withFallback(ConfigFactory.parseFile(new File("conf/" + subject + ".conf")));
    }
    return config.withFallback(ConfigFactory.load()).resolve();
  }
}
