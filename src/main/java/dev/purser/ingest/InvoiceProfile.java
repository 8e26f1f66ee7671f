package dev.purser.ingest;

import dev.purser.config.Keys;
import dev.purser.ledger.Currencies;
import dev.purser.ledger.Rules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How the columns of a file of invoices become purchases and refunds. Immutable.
///
/// The amount of a line is its quantity times its unit price, its sign after rounding says whether
/// it is a purchase or a credit note, and its id is its invoice and its ordinal within it.
///
/// @param preferences name of a preference to the column that sets it
/// @param dates how the date column is read
/// @param customerSuffix cut off the customer's id where it stands at its end, may be empty
record InvoiceProfile(
    String name,
    String invoice,
    String sku,
    String description,
    String quantity,
    String unitPrice,
    String date,
    String customer,
    Map<String, String> preferences,
    Dates dates,
    String currency,
    int minorDigits,
    char decimalPoint,
    String customerSuffix)
    implements CsvProfile {

  /// Reads the profile whose keys are `keys`.
  static InvoiceProfile read(String name, Keys keys) {
    String currency = keys.text("currency");
    String point = keys.text("decimal-point");
    if (!point.equals(".") && !point.equals(",")) {
      keys.refuse("decimal-point", "is neither . nor ,");
    }
    Map<String, String> preferences = new LinkedHashMap<>();
    for (String preference : keys.names("preferences")) {
      preferences.put(preference, keys.at("preferences").text(preference));
    }
    Keys columns = keys.at("columns");
    return new InvoiceProfile(
        name,
        columns.text("invoice"),
        columns.text("sku"),
        columns.text("description"),
        columns.text("quantity"),
        columns.text("unit-price"),
        columns.text("date"),
        columns.text("customer"),
        preferences,
        Dates.read(keys),
        currency,
        minorDigits(currency, keys),
        point.isEmpty() ? '.' : point.charAt(0),
        keys.text("customer-suffix"));
  }

  @Override
  public Reader reader(List<String> names, int lineLimit) {
    InvoiceColumns columns = InvoiceColumns.of(this, names);
    return block -> new InvoiceReading(this, columns, lineLimit, block).lines();
  }

  @Override
  public List<String> columns() {
    List<String> columns =
        new ArrayList<>(List.of(invoice, sku, description, quantity, unitPrice, date, customer));
    columns.addAll(preferences.values());
    return columns.stream().distinct().toList();
  }

  private static int minorDigits(String currency, Keys keys) {
    String whyNot = Rules.whyNotCurrency(currency);
    if (whyNot != null) {
      keys.refuse("currency", currency + " " + whyNot);
      return 0;
    }
    return Currencies.digits(currency);
  }
}
