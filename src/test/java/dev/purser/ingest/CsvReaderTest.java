package dev.purser.ingest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.faults.FieldError;
import dev.purser.ingest.Verdict.Event;
import dev.purser.ingest.Verdict.Rejected;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.testing.SharedData;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CsvReaderTest {

  @Test
  void sale_ofTheShop_becomesAPurchase() {
    Event event =
        event("536365,85123A, WHITE HOLDER ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom");
    assertThat(event.customer()).isEqualTo("17850");
    Purchase purchase = (Purchase) event.change();
    assertThat(purchase.id()).isEqualTo("536365-1");
    assertThat(purchase.sku()).isEqualTo("85123A");
    assertThat(purchase.description()).isEqualTo("WHITE HOLDER");
    assertThat(purchase.quantity()).isEqualTo(6);
    assertThat(purchase.amountMinor()).isEqualTo(1530);
    assertThat(purchase.currency()).isEqualTo("GBP");
    assertThat(purchase.atMicros()).isEqualTo(1_291_191_960_000_000L);
    assertThat(purchase.preferences()).isEqualTo(Map.of("country", "United Kingdom"));
  }

  @Test
  void cancellation_ofTheShop_becomesACreditNote() {
    Refund refund =
        (Refund) event("C1,D,Discount,-1,2010-12-01 09:41:00,27.50,14527.0,France").change();
    assertThat(refund.id()).isEqualTo("C1-1");
    assertThat(refund.purchaseId()).isNull();
    assertThat(refund.sku()).isEqualTo("D");
    assertThat(refund.quantity()).isEqualTo(1);
    assertThat(refund.amountMinor()).isEqualTo(2750);
  }

  @ParameterizedTest
  @CsvSource({
    "1,0.005,0", // half-even: to zero, so the line is skipped
    "1,0.015,2",
    "1,0.025,2",
    "-1,0.015,-2",
    "3,0.001,0",
    "80995,1.04,8423480",
    "-80995,1.04,-8423480",
    "-3,-1.10,330",
  })
  void amounts_roundedHalfEven_perLine(String quantity, String price, long minor) {
    Verdict verdict =
        line("1,s,d," + quantity + ",2010-12-01 08:26:00," + price + ",1,F").verdict();
    long amount =
        switch (verdict) {
          case Event(_, Purchase p) -> p.amountMinor();
          case Event(_, Refund r) -> -r.amountMinor();
          case Verdict.Skipped _ -> 0;
          case Event _, Verdict.RecordChange _, Rejected _ -> throw new AssertionError(verdict);
        };
    assertThat(amount).isEqualTo(minor);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1,s,d,1,2010-12-01 08:26:00,1.0,,F|no_customer",
        "1,s,d,x,2010-12-01 08:26:00,1.0,,F|unparsable",
        "1,s,d,1,2010-12-01 08:26:00,,17,F|unparsable",
        "1,s,d,1,2010-02-30 08:26:00,1.0,17,F|unparsable",
        "1,s,d,1,01/12/2010 08:26,1.0,17,F|unparsable",
        ",s,d,1,2010-12-01 08:26:00,1.0,17,F|unparsable",
        "1,s,d,1,2010-12-01 08:26:00,1.0,17|unparsable",
        "1,s,d,1,2010-12-01 08:26:00,1.0,17,F,G|unparsable",
        "1,s,d,1,2010-12-01 08:26:00,0,,F|no_customer",
        "1,s,d,1.5,2010-12-01 08:26:00,1.0,17,F|invalid",
        "1,s,d,1,1969-12-01 08:26:00,1.0,17,F|invalid",
        "1,s,d,1,2010-12-01 08:26:00,90071992547409.92,17,F|invalid",
        "1,s,d,99999999999999999999,2010-12-01 08:26:00,99999999999999999999,17,F|invalid",
        "1,s,d,1,2010-12-01 08:26:00,1.0,..,F|invalid",
        "1,s,\"d\"x,1,2010-12-01 08:26:00,1.0,17,F|unparsable",
        "1,s,d,1,2010-12-01 08:26:00,1e3,17,F|unparsable",
      })
  void lines_unusable_rejectedInTheOrderOfJudgement(String line, String reason) {
    assertThat(((Rejected) line(line).verdict()).reason()).isEqualTo(reason);
  }

  @Test
  void lines_ofZeroAmount_skippedBeforeTheRules() {
    assertThat(line("1,s,d,0,2010-12-01 08:26:00,1.0,17,F").verdict())
        .isInstanceOf(Verdict.Skipped.class);
    assertThat(line("1,s,d,1.5,2010-12-01 08:26:00,0.0,..,F").verdict())
        .isInstanceOf(Verdict.Skipped.class);
  }

  @Test
  void lines_notUtf8_unparsableWithTheirTextKept() {
    byte[] body =
        (Samples.HEADER + "\n1,s,caf\u00e9,1,2010-12-01 08:26:00,1,1,F\n").getBytes(ISO_8859_1);
    List<Block> blocks = Samples.blocks(true, 1 << 20, body, 1 << 16);
    Line line = Samples.csv(Samples.HEADER).read(blocks.getFirst()).get(1);
    assertThat(((Rejected) line.verdict()).reason()).isEqualTo("unparsable");
    assertThat(line.block().text(1)).contains("caf\ufffd");
    assertThat(line.group()).isEqualTo("1");
  }

  @Test
  void ordinals_countEveryLineOfAnInvoice() {
    String body =
        "A,s,d,1,2010-12-01 08:26:00,1,17,F\nA,s,d,1,2010-12-01 08:26:00,1,,F\n"
            + "B,s,d,1,2010-12-01 08:26:00,1,17,F\nA,s,d,0,2010-12-01 08:26:00,1,17,F\n"
            + "A,s,d,1,2010-12-01 08:26:00,1,17,F\n";
    Ordinals ordinals = new Ordinals(10_000);
    var ids =
        Samples.csv(Samples.HEADER)
            .read(Samples.blocks(true, 1 << 20, body.getBytes(UTF_8), 1 << 16).getFirst())
            .stream()
            .map(ordinals::number)
            .map(Line::derivedId)
            .toList();
    assertThat(ids).containsExactly("A-1", "A-2", "B-1", "A-3", "A-4");
  }

  @Test
  void ordinals_countLinesThatCannotBeRead_ofTheirReadableInvoice() {
    String good = ",s,d,1,2010-12-01 08:26:00,1,17.0,F\n";
    byte[] body =
        (("A" + good)
                + "A,s,\u00e9,1,2010-12-01 08:26:00,1,17.0,F\n"
                + ("A,s," + "z".repeat(5_000) + ",1,2010-12-01 08:26:00,1,17.0,F\n")
                + "A,s,\"d\"x,1,2010-12-01 08:26:00,1,17.0,F\n"
                + ("\u00e9" + good)
                + ("\"A\"x" + good)
                + ("z".repeat(3_000) + good)
                + ("A" + good))
            .getBytes(ISO_8859_1);
    Ordinals ordinals = new Ordinals(10_000);
    List<Line> lines =
        Samples.csv(Samples.HEADER, 4_000)
            .read(Samples.blocks(true, 4_000, body, 1 << 16).getFirst())
            .stream()
            .map(ordinals::number)
            .toList();
    assertThat(lines.stream().map(Line::givenId))
        .containsExactly("A-1", "A-2", "A-3", "A-4", null, null, null, "A-5");
  }

  @Test
  void lines_unparsable_nameTheCustomerThatCanBeRead() {
    for (String record :
        List.of(
            "1,s,d,x,2010-12-01 08:26:00,1,17.0,F",
            "1,s,d,1,never,1,17.0,F",
            "1,s,d,1,2010-12-01 08:26:00,1,17.0",
            "1,s,d,1,2010-12-01 08:26:00,1,17.0,\"F\"x")) {
      assertThat(((Rejected) line(record).verdict()).customer()).as(record).isEqualTo("17");
    }
    assertThat(((Rejected) line("1,s,d,x,2010-12-01 08:26:00,1,,F").verdict()).customer()).isNull();
  }

  @Test
  void ordinals_ofForgottenInvoices_startAnew() {
    Ordinals ordinals = new Ordinals(2);
    CsvReader reader = Samples.csv(Samples.HEADER);
    var ids =
        List.of("A", "B", "A", "C", "A", "B").stream()
            .map(i -> reader.read(Block.of(i + ",s,d,1,2010-12-01 08:26:00,1,17,F", 2)).getFirst())
            .map(ordinals::number)
            .map(Line::derivedId)
            .toList();
    assertThat(ids).containsExactly("A-1", "B-1", "A-2", "C-1", "A-3", "B-1");
  }

  @Test
  void headers_inAnyOrderWithMore_accepted() {
    CsvReader reader =
        Samples.csv(
            "Extra,Country,CustomerID,UnitPrice,InvoiceDate,Quantity,Description,StockCode,\"InvoiceNo\"");
    Line line = reader.read(Block.of("x,F,17,1,2010-12-01 08:26:00,2,d,s,I", 2)).getFirst();
    assertThat(((Event) line.verdict()).customer()).isEqualTo("17");
    assertThat(line.group()).isEqualTo("I");
  }

  @Test
  void headers_lackingColumns_refusedByName() {
    var opened =
        CsvReader.open(
            Samples.retail(), Block.of("InvoiceNo,StockCode,Quantity,Quantity", 1), 0, 1 << 20);
    assertThat(((CsvReader.Opened.Refused) opened).error().errors())
        .extracting(FieldError::field)
        .containsExactly(
            "Description", "Quantity", "UnitPrice", "InvoiceDate", "CustomerID", "Country");
  }

  @Test
  void products_onTheFastWay_equalBigDecimals() {
    Random random = new Random(7);
    for (int i = 0; i < 200_000; i++) {
      BigDecimal a =
          BigDecimal.valueOf(random.nextLong() >> (30 + random.nextInt(30)), random.nextInt(4));
      BigDecimal b =
          BigDecimal.valueOf(random.nextLong() >> (43 + random.nextInt(20)), random.nextInt(5));
      assertThat(Decimals.product(a, b, 2))
          .isEqualTo(
              a.multiply(b).setScale(2, RoundingMode.HALF_EVEN).unscaledValue().longValueExact());
    }
  }

  @Test
  void firstDay_readWhole_hasItsLines() throws IOException {
    byte[] body = Files.readAllBytes(SharedData.at("online-retail/2010-12-01.csv"));
    Sums sums = new Sums();
    sums.read(body);
    assertThat(sums.lines).isEqualTo(3_108);
  }

  @Test
  void wholeYear_readWhole_equalsTheTruthOfEveryCustomer() throws IOException {
    Sums sums = new Sums();
    for (int part = 1; part <= 3; part++) {
      sums.read(Samples.retailPart(part));
    }
    assertThat(sums.lines).isEqualTo(541_909);
    assertThat(sums.rejected).isEqualTo(135_080);
    assertThat(sums.skipped).isEqualTo(44);
    Map<String, String> truth = new TreeMap<>();
    for (String row :
        Files.readAllLines(SharedData.at("online-retail/truth_minor_by_customer.csv"))) {
      String[] f = row.split(",");
      if (!f[0].equals("customer") && !(f[1].equals("0") && f[2].equals("0"))) {
        truth.put(f[0], f[1] + "," + f[2] + "," + f[4] + "," + f[5]);
      }
    }
    assertThat(sums.byCustomer()).isEqualTo(truth);
  }

  private static Line line(String record) {
    return new Ordinals(10)
        .number(Samples.csv(Samples.HEADER).read(Block.of(record, 2)).getFirst());
  }

  private static Event event(String record) {
    return (Event) line(record).verdict();
  }

  /// What reading alone makes of uploads.
  private static final class Sums {
    private final Map<String, long[]> customers = new HashMap<>();
    private int lines;
    private int rejected;
    private int skipped;

    void read(byte[] body) {
      CsvReader reader = Samples.csv(Samples.HEADER);
      Ordinals ordinals = new Ordinals(10_000);
      boolean header = true;
      for (Block block : Samples.blocks(true, 1 << 20, body, 1 << 16)) {
        for (Line line : reader.read(block)) {
          if (!header) {
            add(ordinals.number(line));
          }
          header = false;
        }
      }
    }

    private void add(Line line) {
      lines++;
      switch (line.verdict()) {
        case Event(String customer, Purchase p) -> add(customer, 0, p.amountMinor());
        case Event(String customer, Refund r) -> add(customer, 1, r.amountMinor());
        case Event e -> throw new AssertionError(e);
        case Verdict.RecordChange r -> throw new AssertionError(r);
        case Rejected _ -> rejected++;
        case Verdict.Skipped _ -> skipped++;
      }
    }

    private void add(String customer, int kind, long minor) {
      long[] sums = customers.computeIfAbsent(customer, _ -> new long[4]);
      sums[kind]++;
      sums[2 + kind] += minor;
    }

    Map<String, String> byCustomer() {
      Map<String, String> rows = new TreeMap<>();
      customers.forEach((c, s) -> rows.put(c, s[0] + "," + s[1] + "," + s[2] + "," + s[3]));
      return rows;
    }
  }
}
