package dev.purser.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.purser.customers.Customer.Reply;
import dev.purser.database.Query;
import dev.purser.database.Query.SegmentFilter;
import dev.purser.faults.FieldError;
import dev.purser.ledger.JsonFields;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Rules;
import dev.purser.ledger.Timestamps;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Calls for the customers that match a set of conditions.
final class SegmentCalls {
  private static final long FARTHEST_MINOR = (1L << 53) - 1;

  private SegmentCalls() {}

  static CompletionStage<Answer> list(Call call) {
    SegmentFilter filter = filter(call);
    return new Segment(call, filter, call.query().flag("expand")).answer(call);
  }

  /// A customer of a segment; `json` is its profile, if that was asked for.
  @SuppressWarnings("ArrayRecordComponent") // a hand-over within one answer, compared by nobody
  private record Row(String id, byte @Nullable [] json) {}

  private static final class Segment extends Listing<Row> {
    private final Call call;
    private final SegmentFilter filter;
    private final boolean expand;

    Segment(Call call, SegmentFilter filter, boolean expand) {
      this.call = call;
      this.filter = filter;
      this.expand = expand;
    }

    @Override
    String name() {
      return expand ? "customers" : "ids";
    }

    @Override
    CompletionStage<Page<Row>> page(int limit, @Nullable String place, boolean counted) {
      return call.doors()
          .customers()
          .answer(new Query.Segment(filter, counted, limit, place), call.freshDeadlineMillis())
          .thenApply(
              page ->
                  new Page<>(
                      page.ids().stream().map(id -> new Row(id, null)).toList(), page.count()));
    }

    /// Profiles as they are now, as many as a page may hold; who was erased since is left out.
    @Override
    CompletionStage<Completed<Row>> completed(List<Row> rows) {
      if (!expand || rows.isEmpty()) {
        return super.completed(rows);
      }
      return Profiles.of(
              call, rows.stream().map(Row::id).toList(), PAGE_BYTES, call.freshDeadlineMillis())
          .thenApply(
              profiles -> {
                if (profiles.error() != null) {
                  throw Problem.of(profiles.error(), null).refusal();
                }
                return new Completed<>(
                    profiles.found().stream().map(Segment::expanded).toList(), profiles.asked());
              });
    }

    private static Row expanded(Reply.Read read) {
      return new Row(read.id(), read.json());
    }

    @Override
    String place(Row row) {
      return row.id();
    }

    @Override
    boolean isPlace(String place) {
      return Rules.whyNotId(place) == null;
    }

    /// A long profile, or the longest id.
    @Override
    int rowBytes() {
      return expand ? super.rowBytes() : 512;
    }

    @Override
    void write(JsonGenerator g, Row row) throws IOException {
      if (row.json == null) {
        g.writeString(row.id);
      } else {
        g.writeRawValue(new String(row.json, StandardCharsets.UTF_8));
      }
    }

    @Override
    void writeLine(JsonGenerator g, Row row) throws IOException {
      if (row.json == null) {
        g.writeStartObject();
        g.writeStringField("id", row.id);
        g.writeEndObject();
      } else {
        write(g, row);
      }
    }
  }

  private static SegmentFilter filter(Call call) {
    Parameters query = call.query();
    List<FieldError> errors = new ArrayList<>();
    Map<String, String> preferences = preferences(query, errors);
    Long from = minor(query, "net_minor.gte", errors);
    Long below = minor(query, "net_minor.lt", errors);
    String currency = query.text("currency");
    if (currency != null && Rules.whyNotCurrency(currency) != null) {
      errors.add(new FieldError("currency", "must be a currency code of ISO 4217"));
    } else if (currency != null && from == null && below == null && errors.isEmpty()) {
      errors.add(new FieldError("currency", "is of use only with net_minor.gte or net_minor.lt"));
    }
    Long since = micros(query, "last_purchase_at.gte", errors);
    Long before = micros(query, "last_purchase_at.lt", errors);
    if (!errors.isEmpty()) {
      throw Problem.invalid(errors).refusal();
    }
    return new SegmentFilter(
        preferences,
        currency == null ? call.doors().events().defaultCurrency() : currency,
        from,
        below,
        since,
        before);
  }

  private static Map<String, String> preferences(Parameters query, List<FieldError> errors) {
    Map<String, String> preferences = query.startingWith("preference.");
    preferences.forEach(
        (name, value) -> {
          if (Rules.whyNotText(name) != null || Rules.whyNotText(value) != null) {
            errors.add(
                new FieldError(
                    "preference." + JsonFields.clipped(name),
                    "names or asks for what no preference may hold"));
          }
        });
    if (preferences.size() > Preferences.LIMIT) {
      errors.add(
          new FieldError("preference", "may be asked for " + Preferences.LIMIT + " names at most"));
    }
    return preferences;
  }

  private static @Nullable Long minor(Parameters query, String name, List<FieldError> errors) {
    String text = query.text(name);
    if (text == null) {
      return null;
    }
    if (text.matches("-?[0-9]{1,16}")) {
      long minor = Long.parseLong(text);
      if (Math.abs(minor) <= FARTHEST_MINOR) {
        return minor;
      }
    }
    errors.add(new FieldError(name, "must be an integer from -(2^53-1) to 2^53-1"));
    return null;
  }

  private static @Nullable Long micros(Parameters query, String name, List<FieldError> errors) {
    String text = query.text(name);
    if (text == null) {
      return null;
    }
    var micros = Timestamps.parse(text);
    if (micros.isPresent()) {
      return micros.getAsLong();
    }
    errors.add(new FieldError(name, Timestamps.WANTED));
    return null;
  }
}
