package dev.purser.customers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Timestamps;
import dev.purser.ledger.Totals;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A profile as the `data` object that the HTTP contract promises, in UTF-8. Pure functions.
///
/// Times are written as everywhere else: RFC 3339 in UTC with `Z` and microseconds.
public final class ProfileJson {
  // Characters beyond the first plane as they came, in UTF-8, not as escaped pairs of surrogates.
  private static final JsonFactory JSON =
      new JsonFactory().enable(JsonGenerator.Feature.COMBINE_UNICODE_SURROGATES_IN_UTF8);
  private static final int USUAL_BYTES = 384;

  private ProfileJson() {}

  /// The object for `profile`; `stale` marks a copy read while the database was away.
  public static byte[] encode(Profile profile, boolean stale) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(USUAL_BYTES);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("id", profile.id());
      json.writeNumberField("version", profile.version());
      writePreferences(json, profile.preferences());
      json.writeArrayFieldStart("totals");
      for (Totals totals : profile.totals()) {
        write(json, totals);
      }
      json.writeEndArray();
      writeTime(json, "first_purchase_at", profile.firstPurchaseAtMicros());
      writeTime(json, "last_purchase_at", profile.lastPurchaseAtMicros());
      json.writeBooleanField("stale", stale);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory cannot fail to be written
    }
    return out.toByteArray();
  }

  private static void writePreferences(JsonGenerator json, Map<String, String> preferences)
      throws IOException {
    json.writeObjectFieldStart("preferences");
    for (Map.Entry<String, String> preference : preferences.entrySet()) {
      json.writeStringField(preference.getKey(), preference.getValue());
    }
    json.writeEndObject();
  }

  /// One entry of `totals`.
  public static void write(JsonGenerator json, Totals totals) throws IOException {
    json.writeStartObject();
    json.writeStringField("currency", totals.currency());
    json.writeNumberField("purchases", totals.purchases());
    json.writeNumberField("gross_minor", totals.grossMinor());
    json.writeNumberField("refunds", totals.refunds());
    json.writeNumberField("pending_refund_minor", totals.pendingMinor());
    json.writeNumberField("settled_refund_minor", totals.settledMinor());
    json.writeNumberField("net_minor", totals.netMinor());
    json.writeEndObject();
  }

  private static void writeTime(JsonGenerator json, String name, @Nullable Long micros)
      throws IOException {
    if (micros == null) {
      json.writeNullField(name);
    } else {
      json.writeStringField(name, Timestamps.format(micros));
    }
  }
}
