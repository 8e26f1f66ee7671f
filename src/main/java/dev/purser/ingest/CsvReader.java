package dev.purser.ingest;

import dev.purser.faults.FieldError;
import dev.purser.faults.ServiceError;
import dev.purser.ingest.Verdict.Rejected;
import dev.purser.ledger.Change;
import dev.purser.ledger.Given;
import dev.purser.ledger.JsonFields;
import dev.purser.ledger.Money;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Rules;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Reads CSV records by a profile. The header says where the mapped columns stand; all others are
/// ignored. Immutable.
///
/// Order of judgement: unparsable, no customer, zero amount, the value rules.
final class CsvReader implements Reader {
  /// Beside an ordinal of ten digits and its hyphen an invoice must still fit an id.
  private static final int INVOICE_CODE_POINTS = Rules.ID_CODE_POINTS - 11;

  private static final long END_MICROS = 253_402_300_800_000_000L; // year 10000

  private final CsvProfile profile;
  private final String header;
  private final int lineLimit;
  private final int columns;
  private final int invoice;
  private final int sku;
  private final int description;
  private final int quantity;
  private final int unitPrice;
  private final int date;
  private final int customer;
  private final List<Setter> setters;

  private CsvReader(CsvProfile profile, String header, List<String> names, int lineLimit) {
    this.profile = profile;
    this.header = header;
    this.lineLimit = lineLimit;
    columns = names.size();
    invoice = names.indexOf(profile.invoice());
    sku = names.indexOf(profile.sku());
    description = names.indexOf(profile.description());
    quantity = names.indexOf(profile.quantity());
    unitPrice = names.indexOf(profile.unitPrice());
    date = names.indexOf(profile.date());
    customer = names.indexOf(profile.customer());
    setters =
        profile.preferences().entrySet().stream()
            .map(e -> new Setter(e.getKey(), e.getValue(), names.indexOf(e.getValue())))
            .toList();
  }

  /// A column that sets a preference.
  private record Setter(String preference, String column, int place) {}

  /// What became of a header.
  sealed interface Opened {
    record Ready(CsvReader reader) implements Opened {}

    record Refused(ServiceError.Validation error) implements Opened {}
  }

  /// A reader of files whose header is the record `record` of `block`.
  static Opened open(CsvProfile profile, Block block, int record, int lineLimit) {
    Csv csv = new Csv();
    boolean readable =
        !block.cut(record)
            && block.validUtf8(record)
            && csv.split(block.bytes(), block.start(record), block.end(record));
    if (!readable) {
      return new Opened.Refused(ServiceError.Validation.of("header", "is not a line of CSV"));
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < csv.fields(); i++) {
      names.add(csv.text(i).strip());
    }
    List<FieldError> errors = new ArrayList<>();
    for (String column : profile.columns()) {
      if (!names.contains(column)) {
        errors.add(new FieldError(column, "is missing from the header"));
      } else if (names.indexOf(column) != names.lastIndexOf(column)) {
        errors.add(new FieldError(column, "stands in the header twice"));
      }
    }
    return errors.isEmpty()
        ? new Opened.Ready(new CsvReader(profile, block.text(record), names, lineLimit))
        : new Opened.Refused(JsonFields.refusal(errors));
  }

  String profile() {
    return profile.name();
  }

  String header() {
    return header;
  }

  @Override
  public List<Line> read(Block block) {
    List<Line> lines = Reader.room(block);
    Reading reading = new Reading(block);
    for (int i = 0; i < block.records(); i++) {
      lines.add(reading.line(i));
    }
    return lines;
  }

  /// A record that cannot be parsed.
  private static final class Unparsable extends Exception {
    private static final long serialVersionUID = 1L;

    Unparsable(String why) {
      super(why, null, false, false);
    }
  }

  /// The reading of one block, by one thread. Neighbouring records mostly share invoice, instant
  /// and preferences, so the last ones are kept.
  private final class Reading {
    private final Block block;
    private final Csv csv = new Csv();
    private String dateText = "";
    private long dateMicros;
    private String group = "";
    private Map<String, String> lastPreferences = Map.of();
    private final String[] values = new String[setters.size()]; // of lastPreferences

    Reading(Block block) {
      this.block = block;
      Arrays.fill(values, "");
    }

    Line line(int record) {
      Rejected unusable = Reader.unusable(block, record, lineLimit);
      boolean wellFormed = csv.split(block.bytes(), block.start(record), block.end(record));
      if (block.cut(record)) {
        csv.dropLast();
      }
      Verdict verdict =
          unusable == null ? verdict(wellFormed) : unusable.naming(readableCustomer());
      return new Line(block, record, verdict, counted(), null, 0, null);
    }

    /// The invoice that the line counts for, whatever is wrong with the rest of it: mending the
    /// line must not shift the ids of those after it. None is remembered that no id could hold.
    private @Nullable String counted() {
      String text = csv.readable(invoice);
      return text.isEmpty() || text.length() > 2 * INVOICE_CODE_POINTS ? null : shared(text);
    }

    /// The customer of a line that cannot be used, so that erasing the customer finds its letter.
    private @Nullable String readableCustomer() {
      String who = withoutSuffix(csv.readable(customer).strip());
      return Rules.whyNotId(who) == null ? who : null;
    }

    private Verdict verdict(boolean wellFormed) {
      if (!wellFormed) {
        return Rejected.unparsable("The line is not CSV: a quote is misplaced or never closes")
            .naming(readableCustomer());
      }
      try {
        return judged();
      } catch (Unparsable e) {
        return Rejected.unparsable(String.valueOf(e.getMessage())).naming(readableCustomer());
      }
    }

    private Verdict judged() throws Unparsable {
      if (csv.fields() != columns) {
        throw new Unparsable(
            "The line has " + csv.fields() + " fields where the header has " + columns);
      }
      if (csv.empty(invoice)) {
        throw new Unparsable(profile.invoice() + " is empty");
      }
      BigDecimal count = decimal(quantity, profile.quantity());
      BigDecimal price = decimal(unitPrice, profile.unitPrice());
      long atMicros = micros();
      String who = customer();
      if (who.isEmpty()) {
        String message = profile.customer() + " is empty";
        return new Rejected("no_customer", "ERR_VALIDATION", message, null);
      }
      long amountMinor = amount(count, price);
      return amountMinor == 0 ? new Verdict.Skipped() : ruled(who, count, amountMinor, atMicros);
    }

    private Verdict ruled(String who, BigDecimal count, long amountMinor, long atMicros) {
      List<FieldError> errors = new ArrayList<>(0);
      String item = csv.text(sku);
      String words = csv.text(description).strip();
      String whyNotCustomer = Rules.whyNotId(who);
      check(errors, profile.customer(), whyNotCustomer);
      check(errors, profile.invoice(), whyNotInvoice());
      check(errors, profile.sku(), Rules.whyNotText(item));
      check(errors, profile.description(), Rules.whyNotText(words));
      check(errors, profile.unitPrice(), Rules.whyNotAmount(Math.abs(amountMinor)));
      check(errors, profile.quantity(), whole(count) ? null : "must be a whole number");
      check(errors, profile.date(), inRange(atMicros) ? null : "must be of the years 1970 to 9999");
      Map<String, String> sets = preferences(errors);
      if (!errors.isEmpty()) {
        return Rejected.invalid(errors, whyNotCustomer == null ? who : null);
      }
      return new Verdict.Event(
          who, change(item, words, count.abs().longValue(), amountMinor, atMicros, sets));
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
      return withoutSuffix(csv.text(customer).strip());
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

    private long micros() throws Unparsable {
      String text = csv.text(date).strip();
      if (!text.equals(dateText) || dateText.isEmpty()) {
        dateMicros = parse(text);
        dateText = text;
      }
      return dateMicros;
    }

    private long parse(String text) throws Unparsable {
      for (DateTimeFormatter format : profile.dates()) {
        try {
          var at = LocalDateTime.parse(text, format).atZone(profile.zone());
          return Math.addExact(
              Math.multiplyExact(at.toEpochSecond(), 1_000_000L), at.getNano() / 1_000);
        } catch (DateTimeException | ArithmeticException _) {
          // not of this format: the next one may fit
        }
      }
      throw new Unparsable(profile.date() + " is not a date of the profile");
    }

    private @Nullable String whyNotInvoice() {
      String text = csv.text(invoice);
      String whyNot = Rules.whyNotId(text);
      return whyNot == null && text.codePointCount(0, text.length()) > INVOICE_CODE_POINTS
          ? "must have at most " + INVOICE_CODE_POINTS + " characters"
          : whyNot;
    }

    private Map<String, String> preferences(List<FieldError> errors) {
      boolean same = true;
      for (int k = 0; k < values.length; k++) {
        String value = csv.text(setters.get(k).place());
        same &= value.equals(values[k]);
        values[k] = value;
      }
      if (!same) {
        lastPreferences = preferences();
      }
      for (int k = 0; k < values.length; k++) {
        check(errors, setters.get(k).column(), Rules.whyNotText(values[k]));
      }
      return lastPreferences;
    }

    private Map<String, String> preferences() {
      Map<String, String> sets = HashMap.newHashMap(values.length);
      for (int k = 0; k < values.length; k++) {
        if (!values[k].isEmpty()) {
          sets.put(setters.get(k).preference(), values[k]);
        }
      }
      return Map.copyOf(sets);
    }
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

  private static final BigDecimal MOST_PIECES = BigDecimal.valueOf(Long.MAX_VALUE);
}
