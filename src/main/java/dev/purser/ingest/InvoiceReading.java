package dev.purser.ingest;

import dev.purser.faults.FieldError;
import dev.purser.ingest.Verdict.Rejected;
import dev.purser.ledger.Change;
import dev.purser.ledger.Given;
import dev.purser.ledger.Money;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Rules;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The reading of one block of invoice lines. Neighbouring records mostly share invoice, instant
/// and preferences, so the last ones are kept. Confined to one thread.
///
/// Order of judgement: unparsable, no customer, zero amount, the value rules.
final class InvoiceReading {
  /// Beside an ordinal of ten digits and its hyphen an invoice must still fit an id.
  private static final int INVOICE_CODE_POINTS = Rules.ID_CODE_POINTS - 11;

  private static final long END_MICROS = 253_402_300_800_000_000L; // year 10000
  private static final BigDecimal MOST_PIECES = BigDecimal.valueOf(Long.MAX_VALUE);

  private final InvoiceProfile profile;
  private final InvoiceColumns columns;
  private final int lineLimit;
  private final Block block;
  private final Csv csv = new Csv();
  private String dateText = "";
  private Dates.At date = new Dates.At(0, false);
  private String group = "";
  private Map<String, String> lastPreferences = Map.of();
  private final String[] values; // of lastPreferences

  /// A record that cannot be parsed.
  private static final class Unparsable extends Exception {
    private static final long serialVersionUID = 1L;

    Unparsable(String why) {
      super(why, null, false, false);
    }
  }

  InvoiceReading(InvoiceProfile profile, InvoiceColumns columns, int lineLimit, Block block) {
    this.profile = profile;
    this.columns = columns;
    this.lineLimit = lineLimit;
    this.block = block;
    this.values = new String[columns.setters().size()];
    Arrays.fill(values, "");
  }

  /// One line for each record, in their order.
  List<Line> lines() {
    List<Line> lines = Reader.room(block);
    for (int i = 0; i < block.records(); i++) {
      lines.add(line(i));
    }
    return lines;
  }

  private Line line(int record) {
    Rejected unusable = Reader.unusable(block, record, lineLimit);
    boolean wellFormed = csv.split(block.bytes(), block.start(record), block.end(record));
    if (block.cut(record)) {
      csv.dropLast();
    }
    Verdict verdict =
        unusable == null ? verdict(record, wellFormed) : unusable.naming(readableCustomer());
    boolean clockChange = verdict instanceof Verdict.Event && date.clockChange();
    return new Line(block, record, verdict, counted(), null, 0, clockChange, null);
  }

  /// The invoice that the line counts for, whatever is wrong with the rest of it: mending the line
  /// must not shift the ids of those after it. None is remembered that no id could hold.
  private @Nullable String counted() {
    String text = csv.readable(columns.invoice());
    return text.isEmpty() || text.length() > 2 * INVOICE_CODE_POINTS ? null : shared(text);
  }

  /// The customer of a line that cannot be used, so that erasing the customer finds its letter.
  private @Nullable String readableCustomer() {
    String who = withoutSuffix(csv.readable(columns.customer()).strip());
    return Rules.whyNotId(who) == null ? who : null;
  }

  private Verdict verdict(int record, boolean wellFormed) {
    if (!wellFormed) {
      return Rejected.unparsable(csv.fault(block.line(record))).naming(readableCustomer());
    }
    try {
      return judged();
    } catch (Unparsable e) {
      return Rejected.unparsable(String.valueOf(e.getMessage())).naming(readableCustomer());
    }
  }

  private Verdict judged() throws Unparsable {
    if (csv.fields() != columns.count()) {
      throw new Unparsable(
          "The line has " + csv.fields() + " fields where the header has " + columns.count());
    }
    if (csv.empty(columns.invoice())) {
      throw new Unparsable(profile.invoice() + " is empty");
    }
    BigDecimal count = decimal(columns.quantity(), profile.quantity());
    BigDecimal price = decimal(columns.unitPrice(), profile.unitPrice());
    Dates.At at = at();
    String who = customer();
    if (who.isEmpty()) {
      String message = profile.customer() + " is empty";
      return new Rejected("no_customer", "ERR_VALIDATION", message, null);
    }
    long amountMinor = amount(count, price);
    return amountMinor == 0 ? new Verdict.Skipped() : ruled(who, count, amountMinor, at);
  }

  private Verdict ruled(String who, BigDecimal count, long amountMinor, Dates.At at) {
    List<FieldError> errors = new ArrayList<>(0);
    String item = csv.text(columns.sku());
    String words = csv.text(columns.description()).strip();
    String whyNotCustomer = Rules.whyNotId(who);
    check(errors, profile.customer(), whyNotCustomer);
    check(errors, profile.invoice(), whyNotInvoice());
    check(errors, profile.sku(), Rules.whyNotText(item));
    check(errors, profile.description(), Rules.whyNotText(words));
    check(errors, profile.unitPrice(), Rules.whyNotAmount(Math.abs(amountMinor)));
    check(errors, profile.quantity(), whole(count) ? null : "must be a whole number");
    check(errors, profile.date(), whyNot(at));
    Map<String, String> sets = preferences(errors);
    if (!errors.isEmpty()) {
      return Rejected.invalid(errors, whyNotCustomer == null ? who : null);
    }
    return new Verdict.Event(
        who, change(item, words, count.abs().longValue(), amountMinor, at.micros(), sets));
  }

  /// The event, which gets its id when its ordinal is known.
  private Change change(
      String item, String words, long pieces, long minor, long micros, Map<String, String> sets) {
    @Nullable String text = words.isEmpty() ? null : words;
    int given =
        Given.CURRENCY
            | Given.AT
            | Given.SKU
            | Given.QUANTITY
            | (text == null ? 0 : Given.DESCRIPTION);
    String currency = profile.currency();
    return minor > 0
        ? new Purchase("", item, text, pieces, minor, currency, micros, given, sets)
        : new Refund("", null, item, text, pieces, -minor, currency, null, micros, given, sets);
  }

  private String shared(String text) {
    if (!text.equals(group)) {
      group = text;
    }
    return group;
  }

  private String customer() {
    return withoutSuffix(csv.text(columns.customer()).strip());
  }

  private String withoutSuffix(String text) {
    String suffix = profile.customerSuffix();
    return suffix.isEmpty() || !text.endsWith(suffix)
        ? text
        : text.substring(0, text.length() - suffix.length());
  }

  private BigDecimal decimal(int column, String name) throws Unparsable {
    try {
      return Decimals.parse(csv.text(column).strip(), profile.decimalPoint());
    } catch (NumberFormatException _) {
      throw new Unparsable(name + " is not a number");
    }
  }

  /// An amount beyond 64 bits stands as the largest, which the rules refuse.
  private long amount(BigDecimal count, BigDecimal price) {
    try {
      return Decimals.product(count, price, profile.minorDigits());
    } catch (ArithmeticException _) {
      return Money.MAX_MINOR + 1;
    }
  }

  private Dates.At at() throws Unparsable {
    String text = csv.text(columns.date()).strip();
    if (!text.equals(dateText) || dateText.isEmpty()) {
      Dates.At parsed = profile.dates().parse(text);
      if (parsed == null) {
        throw new Unparsable(profile.date() + " is not a date of the profile");
      }
      date = parsed;
      dateText = text;
    }
    return date;
  }

  private @Nullable String whyNot(Dates.At at) {
    if (at.clockChange() && profile.dates().rule() == Dates.ClockChange.REFUSE) {
      return "is a local time that a clock change leaves out or repeats";
    }
    return inRange(at.micros()) ? null : "must be of the years 1970 to 9999";
  }

  private @Nullable String whyNotInvoice() {
    String text = csv.text(columns.invoice());
    String whyNot = Rules.whyNotId(text);
    return whyNot == null && text.codePointCount(0, text.length()) > INVOICE_CODE_POINTS
        ? "must have at most " + INVOICE_CODE_POINTS + " characters"
        : whyNot;
  }

  private Map<String, String> preferences(List<FieldError> errors) {
    boolean same = true;
    for (int k = 0; k < values.length; k++) {
      String value = csv.text(columns.setters().get(k).place());
      same &= value.equals(values[k]);
      values[k] = value;
    }
    if (!same) {
      lastPreferences = preferences();
    }
    for (int k = 0; k < values.length; k++) {
      check(errors, columns.setters().get(k).column(), Rules.whyNotText(values[k]));
    }
    return lastPreferences;
  }

  private Map<String, String> preferences() {
    Map<String, String> sets = HashMap.newHashMap(values.length);
    for (int k = 0; k < values.length; k++) {
      if (!values[k].isEmpty()) {
        sets.put(columns.setters().get(k).preference(), values[k]);
      }
    }
    return Map.copyOf(sets);
  }

  private static void check(
      List<FieldError> errors, @Nullable String column, @Nullable String whyNot) {
    if (whyNot != null) {
      errors.add(new FieldError(Objects.requireNonNullElse(column, "line"), whyNot));
    }
  }

  private static boolean inRange(long micros) {
    return micros >= 0 && micros < END_MICROS;
  }

  private static boolean whole(BigDecimal count) {
    return count.stripTrailingZeros().scale() <= 0 && count.abs().compareTo(MOST_PIECES) <= 0;
  }
}
