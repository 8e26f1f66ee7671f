package dev.purser.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/// Generates retail-like events as NDJSON: few customers buy much, some send goods back, some lines
/// are sent twice and some are broken. The same count and seed give the same bytes on every
/// machine.
///
/// It knows the contract and nothing of the server's code, so that the [Truth] that it works out is
/// independent of what it tests. Memory is bounded by the number of customers, however many lines.
public final class SampleEvents {
  private static final int CUSTOMERS = 5_000;
  private static final int SKUS = 4_000;
  private static final int REMEMBERED = 1_024; // recent lines, for duplicates and named refunds
  private static final String[] COUNTRIES = {
    "United Kingdom", "France", "Germany", "EIRE", "Norway", "Österreich"
  };
  private static final String[] WORDS = {
    "WHITE", "LANTERN", "HEART", "T-LIGHT", "HOLDER", "\\\"RETRO\\\"", "TEA", "SET", "OF 6", "CAFÉ"
  };
  private static final Instant FIRST = Instant.parse("2026-01-01T08:00:00Z");

  private final SplittableRandom random;
  private final OutputStream out;
  private final Truth truth = new Truth();
  private final Map<String, String> tiers = new HashMap<>();
  private final Sent[] recent = new Sent[REMEMBERED];
  private int sent;
  private long number;

  /// A line that was accepted.
  private static final class Sent {
    private final String line;
    private final String customer;
    private final String purchase; // empty for a refund
    private long leftMinor;

    Sent(String line, String customer, String purchase, long leftMinor) {
      this.line = line;
      this.customer = customer;
      this.purchase = purchase;
      this.leftMinor = leftMinor;
    }
  }

  private SampleEvents(long seed, OutputStream out) {
    this.random = new SplittableRandom(seed);
    this.out = out;
  }

  /// Writes `lines` events to `out`, which is flushed and left open; answers what must come of
  /// them.
  public static Truth write(long lines, long seed, OutputStream out) throws IOException {
    BufferedOutputStream buffered = new BufferedOutputStream(out, 1 << 16);
    SampleEvents events = new SampleEvents(seed, buffered);
    for (long i = 0; i < lines; i++) {
      events.next();
    }
    buffered.flush();
    return events.truth;
  }

  private void next() throws IOException {
    number++;
    int kind = random.nextInt(100);
    if (kind < 84 || sent == 0) {
      purchase();
    } else if (kind < 88) {
      creditNote();
    } else if (kind < 92) {
      namedRefund();
    } else if (kind < 95) {
      line(recent[random.nextInt(Math.min(sent, REMEMBERED))].line);
      truth.duplicate();
    } else if (kind < 98) {
      preference();
    } else {
      line(broken());
      truth.rejected();
    }
  }

  private void purchase() throws IOException {
    String customer = customer();
    String id = "p-" + number;
    long quantity = 1L + random.nextInt(24);
    long minor = quantity * (25L + random.nextInt(1_500));
    String line =
        "{\"type\":\"purchase\",\"customer_id\":\"%s\",\"id\":\"%s\",\"sku\":\"%s\",%s\"quantity\":%d,\"amount_minor\":%d,\"at\":\"%s\"}"
            .formatted(customer, id, sku(), description(), quantity, minor, at());
    truth.purchase(customer, minor);
    accept(line, customer, id, minor);
  }

  private void creditNote() throws IOException {
    String customer = customer();
    long minor = 25L + random.nextInt(5_000);
    String line =
        "{\"type\":\"refund\",\"customer_id\":\"%s\",\"id\":\"r-%d\",\"sku\":\"%s\",\"quantity\":1,\"amount_minor\":%d,\"reason\":\"goodwill\",\"at\":\"%s\"}"
            .formatted(customer, number, sku(), minor, at());
    truth.refund(customer, minor);
    accept(line, customer, "", 0);
  }

  /// Part of what is left of a recent purchase; a credit note where nothing is.
  private void namedRefund() throws IOException {
    Sent of = recent[random.nextInt(Math.min(sent, REMEMBERED))];
    if (of.leftMinor == 0) {
      creditNote();
      return;
    }
    long minor = 1 + random.nextLong(of.leftMinor);
    of.leftMinor -= minor;
    String line =
        "{\"type\":\"refund\",\"customer_id\":\"%s\",\"id\":\"r-%d\",\"purchase_id\":\"%s\",\"amount_minor\":%d,\"at\":\"%s\"}"
            .formatted(of.customer, number, of.purchase, minor, at());
    truth.refund(of.customer, minor);
    accept(line, of.customer, "", 0);
  }

  /// A tier, which is a duplicate where the customer has it already.
  private void preference() throws IOException {
    String customer = customer();
    // A customer's preferences never change: an upload sent again is all duplicates.
    String country = COUNTRIES[Math.floorMod(customer.hashCode(), COUNTRIES.length)];
    String tier = Math.floorMod(customer.hashCode(), 4) == 0 ? "gold" : "silver";
    line(
        "{\"type\":\"preferences\",\"customer_id\":\"%s\",\"preferences\":{\"country\":\"%s\",\"tier\":\"%s\"}}"
            .formatted(customer, country, tier));
    if (tier.equals(tiers.put(customer, tier))) {
      truth.duplicate();
    } else {
      truth.preference(customer);
    }
  }

  private String broken() {
    String start =
        "{\"type\":\"purchase\",\"customer_id\":\"%s\",\"id\":\"p-%d\""
            .formatted(customer(), number);
    return switch (random.nextInt(5)) {
      case 0 -> start; // cut off
      case 1 -> start + ",\"sku\":\"s\",\"quantity\":1}";
      case 2 -> start + ",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":1.5}";
      case 3 -> start + ",\"sku\":\"s\",\"quantity\":0,\"amount_minor\":100}";
      default -> "{\"type\":\"visit\",\"customer_id\":\"%s\"}".formatted(customer());
    };
  }

  private void accept(String line, String customer, String purchase, long leftMinor)
      throws IOException {
    recent[sent++ % REMEMBERED] = new Sent(line, customer, purchase, leftMinor);
    sent = sent == 2 * REMEMBERED ? REMEMBERED : sent;
    line(line);
  }

  private void line(String line) throws IOException {
    out.write(line.getBytes(UTF_8));
    out.write('\n');
  }

  /// Cubing the die makes a tenth of the customers send nearly half of the lines.
  private String customer() {
    double die = random.nextDouble();
    return String.valueOf(12_346 + (int) (CUSTOMERS * die * die * die));
  }

  private String sku() {
    double die = random.nextDouble();
    return String.format(Locale.ROOT, "%05d", 10_000 + (int) (SKUS * die * die));
  }

  private String description() {
    if (random.nextInt(10) == 0) {
      return "";
    }
    return "\"description\":\"%s %s\","
        .formatted(WORDS[random.nextInt(WORDS.length)], WORDS[random.nextInt(WORDS.length)]);
  }

  private Instant at() {
    return FIRST.plusSeconds(number * 7 + random.nextInt(7));
  }
}
