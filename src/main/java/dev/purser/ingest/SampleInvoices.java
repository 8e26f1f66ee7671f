package dev.purser.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.SplittableRandom;

/// Generates a CSV file of the shape that the profile `online-retail` reads: invoices of several
/// lines, cancellations, lines without customer, of zero amount, or broken. The same count and seed
/// give the same bytes on every machine.
public final class SampleInvoices {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);
  private static final String[] NAMES = {
    " WHITE HANGING HEART ",
    "\"AIRLINE LOUNGE,METAL SIGN\"",
    "\"\"\"RETRO\"\" TIN\"",
    "CAFÉ SET",
    ""
  };

  private SampleInvoices() {}

  /// Writes a header and `lines` records to `out`, which is flushed and left open; answers what
  /// must come of them.
  public static Truth write(long lines, long seed, OutputStream out) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    BufferedOutputStream buffered = new BufferedOutputStream(out, 1 << 16);
    Truth truth = new Truth();
    write(
        buffered,
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country");
    long written = 0;
    for (long invoice = 536_365; written < lines; invoice++) {
      long count = Math.min(lines - written, 1 + random.nextInt(40));
      invoice(invoice, count, random, buffered, truth);
      written += count;
    }
    buffered.flush();
    return truth;
  }

  private static void invoice(
      long invoice, long count, SplittableRandom random, OutputStream out, Truth truth)
      throws IOException {
    boolean cancelled = random.nextInt(12) == 0;
    String id = (cancelled ? "C" : "") + invoice;
    double die = random.nextDouble();
    String customer =
        random.nextInt(4) == 0 ? "" : String.valueOf(12_346 + (int) (4_000 * die * die));
    String date = LocalDateTime.of(2026, 1, 5, 8, 0).plusMinutes(invoice - 536_365).format(DATE);
    for (long i = 0; i < count; i++) {
      BigDecimal price = price(random);
      int pieces = (1 + random.nextInt(48)) * (cancelled ? -1 : 1);
      boolean broken = random.nextInt(500) == 0;
      write(
          out,
          String.join(
              ",",
              id,
              String.valueOf(20_000 + random.nextInt(4_000)),
              NAMES[random.nextInt(NAMES.length)],
              broken ? "many" : String.valueOf(pieces),
              date,
              price.toPlainString(),
              customer.isEmpty() ? "" : customer + ".0",
              "United Kingdom"));
      judge(broken, customer, price.multiply(BigDecimal.valueOf(pieces)), truth);
    }
  }

  private static void judge(boolean broken, String customer, BigDecimal amount, Truth truth) {
    long minor = amount.setScale(2, RoundingMode.HALF_EVEN).unscaledValue().longValueExact();
    if (broken || customer.isEmpty()) {
      truth.rejected();
    } else if (minor == 0) {
      truth.skipped();
    } else if (minor > 0) {
      truth.purchase(customer, minor);
    } else {
      truth.refund(customer, -minor);
    }
  }

  private static BigDecimal price(SplittableRandom random) {
    return switch (random.nextInt(50)) {
      case 0 -> BigDecimal.ZERO;
      case 1 -> BigDecimal.valueOf(1 + random.nextInt(30), 3); // tenths of a penny
      default -> BigDecimal.valueOf(19 + random.nextInt(2_000), 2);
    };
  }

  private static void write(OutputStream out, String line) throws IOException {
    out.write(line.getBytes(UTF_8));
    out.write('\n');
  }
}
