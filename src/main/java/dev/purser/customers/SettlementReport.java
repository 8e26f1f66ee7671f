package dev.purser.customers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.database.Query.SettlementTotal;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.RunEvent.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// What a settlement of everybody has settled so far. Confined to the stream that counts.
final class SettlementReport {
  private static final JsonMapper JSON = new JsonMapper();

  private final String run;
  private final TreeMap<String, Outcome.Sum> sums = new TreeMap<>();
  private long customers;

  SettlementReport(String run, SettlementTotal before) {
    this.run = run;
    replace(before);
  }

  /// Counts one customer, unless it had been settled before or nothing was pending.
  void add(Outcome.Settled outcome) {
    if (!outcome.duplicate() && !outcome.sums().isEmpty()) {
      customers++;
      for (Outcome.Sum sum : outcome.sums()) {
        sums.merge(sum.currency(), sum, SettlementReport::plus);
      }
    }
  }

  /// Takes what the database counted instead.
  void replace(SettlementTotal total) {
    customers = total.customers();
    sums.clear();
    for (Outcome.Sum sum : total.sums()) {
      sums.put(sum.currency(), sum);
    }
  }

  Report.Settlement now(boolean duplicate) {
    long refunds = sums.values().stream().mapToLong(Outcome.Sum::refunds).sum();
    return new Report.Settlement(run, duplicate, customers, refunds, List.copyOf(sums.values()));
  }

  private static Outcome.Sum plus(Outcome.Sum a, Outcome.Sum b) {
    return new Outcome.Sum(
        a.currency(), a.refunds() + b.refunds(), a.amountMinor() + b.amountMinor());
  }

  /// The report as it is kept with the run.
  static String json(Report.Settlement report) {
    ObjectNode json = JSON.createObjectNode();
    json.put("customers", report.customers()).put("refunds", report.refunds());
    ArrayNode settled = json.putArray("settled");
    for (Outcome.Sum sum : report.settled()) {
      settled
          .addObject()
          .put("currency", sum.currency())
          .put("refunds", sum.refunds())
          .put("amount_minor", sum.amountMinor());
    }
    return json.toString();
  }

  /// A kept report, as the duplicate that it is when it is told again.
  static Report.Settlement parse(String run, String json) {
    JsonNode report = read(json);
    List<Outcome.Sum> sums = new ArrayList<>();
    for (JsonNode sum : report.path("settled")) {
      sums.add(
          new Outcome.Sum(
              sum.path("currency").asText(),
              sum.path("refunds").asLong(),
              sum.path("amount_minor").asLong()));
    }
    return new Report.Settlement(
        run, true, report.path("customers").asLong(), report.path("refunds").asLong(), sums);
  }

  private static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a kept report is no JSON", e);
    }
  }
}
