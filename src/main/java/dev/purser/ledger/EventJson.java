package dev.purser.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.faults.FieldError;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Reads events and profiles from JSON trees: the same fields and rules at the edge and in the bulk
/// lane. Immutable.
///
/// @param defaultCurrency of events that name none
/// @param clock the instant of events that name none
public record EventJson(String defaultCurrency, InstantSource clock) {
  /// Events as `GET` answers them may be sent back: `refunded_minor` and `state` are read-only and
  /// ignored.
  private static final Set<String> PURCHASE =
      Set.of(
          "id",
          "sku",
          "description",
          "quantity",
          "amount_minor",
          "currency",
          "at",
          "refunded_minor");

  private static final Set<String> REFUND =
      Set.of(
          "id",
          "purchase_id",
          "sku",
          "description",
          "quantity",
          "amount_minor",
          "currency",
          "reason",
          "at",
          "state");

  /// A profile as `GET` answers it may be sent back, to replace or to be merged: its read-only
  /// fields are ignored.
  private static final Set<String> PROFILE =
      Set.of(
          "preferences",
          "id",
          "version",
          "totals",
          "first_purchase_at",
          "last_purchase_at",
          "stale");

  private static final Set<String> PURCHASE_LINE = line(PURCHASE);
  private static final Set<String> REFUND_LINE = line(REFUND);
  private static final Set<String> PREFERENCES_LINE = line(PROFILE);

  /// What was read, or everything that is wrong with it.
  ///
  /// @param <T> what was to be read
  public sealed interface Reading<T> {
    /// It may be used.
    ///
    /// @param ignoredFields how many unknown fields were passed over
    record Good<T>(T value, int ignoredFields) implements Reading<T> {}

    /// At least one thing is wrong.
    record Bad<T>(List<FieldError> errors) implements Reading<T> {
      public Bad {
        errors = List.copyOf(errors);
      }
    }
  }

  /// One line of a bulk upload.
  public record Event(String customer, Change change) {}

  /// The body of a new purchase.
  public Reading<Purchase> purchase(JsonNode body) {
    JsonFields fields = new JsonFields(body, "body");
    Purchase purchase = purchase(fields);
    return reading(fields, purchase, PURCHASE, false);
  }

  /// The body of a new refund.
  public Reading<Refund> refund(JsonNode body) {
    JsonFields fields = new JsonFields(body, "body");
    Refund refund = refund(fields);
    return reading(fields, refund, REFUND, false);
  }

  /// A body that replaces all preferences and makes the customer if it is new.
  public Reading<Preferences> profile(JsonNode body) {
    JsonFields fields = new JsonFields(body, "body");
    var values =
        body.isObject() ? fields.preferences("preferences", false) : Map.<String, String>of();
    return reading(fields, new Preferences(true, true, values), PROFILE, false);
  }

  /// A merge-patch of a customer that exists.
  public Reading<Preferences> patch(JsonNode body) {
    JsonFields fields = new JsonFields(body, "body");
    var values =
        body.has("preferences")
            ? fields.preferences("preferences", true)
            : Map.<String, String>of();
    return reading(fields, new Preferences(false, false, values), PROFILE, false);
  }

  /// One line of a bulk upload that is a customer's: its `type` says which fields it has.
  public Reading<Event> event(JsonNode line, boolean ignoreUnknown) {
    JsonFields fields = new JsonFields(line, "line");
    return switch (line.path("type").asText()) {
      case "purchase" -> event(fields, purchase(fields), PURCHASE_LINE, ignoreUnknown);
      case "refund" -> event(fields, refund(fields), REFUND_LINE, ignoreUnknown);
      case "preferences" -> event(fields, merge(fields), PREFERENCES_LINE, ignoreUnknown);
      default -> refusal(fields, "must be purchase, refund, preferences, document or vector");
    };
  }

  private static Reading<Event> event(
      JsonFields fields, Change change, Set<String> known, boolean ignoreUnknown) {
    Event event = new Event(fields.id("customer_id"), change);
    return reading(fields, event, known, ignoreUnknown);
  }

  private static Reading<Event> refusal(JsonFields fields, String message) {
    if (fields.errors().isEmpty()) {
      fields.wrong("type", message);
    }
    return new Reading.Bad<>(fields.errors());
  }

  private Purchase purchase(JsonFields f) {
    return new Purchase(
        f.id("id"),
        f.text("sku"),
        f.optionalText("description"),
        f.quantity("quantity"),
        f.amount("amount_minor"),
        f.currency("currency", defaultCurrency),
        f.micros("at", nowMicros()),
        given(f),
        Map.of());
  }

  private Refund refund(JsonFields f) {
    return new Refund(
        f.id("id"),
        f.optionalId("purchase_id"),
        f.optionalText("sku"),
        f.optionalText("description"),
        f.optionalQuantity("quantity"),
        f.amount("amount_minor"),
        f.currency("currency", defaultCurrency),
        f.optionalText("reason"),
        f.micros("at", nowMicros()),
        given(f),
        Map.of());
  }

  private static Preferences merge(JsonFields f) {
    return new Preferences(false, true, f.preferences("preferences", true));
  }

  /// The instant of an event that names none.
  private long nowMicros() {
    return clock.millis() * 1_000;
  }

  private static int given(JsonFields f) {
    return bit(f, "description", Given.DESCRIPTION)
        | bit(f, "currency", Given.CURRENCY)
        | bit(f, "at", Given.AT)
        | bit(f, "purchase_id", Given.PURCHASE)
        | bit(f, "sku", Given.SKU)
        | bit(f, "quantity", Given.QUANTITY)
        | bit(f, "reason", Given.REASON);
  }

  private static int bit(JsonFields f, String name, int bit) {
    return f.has(name) ? bit : 0;
  }

  private static <T> Reading<T> reading(
      JsonFields fields, T value, Set<String> known, boolean ignoreUnknown) {
    if (!ignoreUnknown) {
      fields.refuseUnknown(known);
    }
    return fields.errors().isEmpty()
        ? new Reading.Good<>(value, ignoreUnknown ? fields.unknown(known) : 0)
        : new Reading.Bad<>(fields.errors());
  }

  private static Set<String> line(Set<String> fields) {
    Set<String> line = new TreeSet<>(fields);
    line.add("type");
    line.add("customer_id");
    return Set.copyOf(line);
  }
}
