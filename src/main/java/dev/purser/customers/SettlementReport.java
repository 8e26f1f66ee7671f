package dev.purser.customers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.database.Query.SettlementTotal;
import dev.purser.ledger.ExactSum;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.RunEvent.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// What a settlement of everybody has settled so far. Confined to the stream that counts.
final class SettlementReport {
  private static final JsonMapper JSON = new JsonMapper();

  private final String run;
  private final TreeMap<String, ExactSum> sums = new TreeMap<>();
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
        sums.merge(sum.currency(), ExactSum.of(sum), ExactSum::plus);
      }
    }
  }

  /// Takes what the database counted instead.
  void replace(SettlementTotal total) {
    customers = total.customers();
    sums.clear();
    for (ExactSum sum : total.sums()) {
      sums.put(sum.currency(), sum);
    }
  }

  Report.Settlement now(boolean duplicate) {
    long refunds = sums.values().stream().mapToLong(ExactSum::refunds).sum();
    return new Report.Settlement(run, duplicate, customers, refunds, List.copyOf(sums.values()));
  }

  /// The report as it is kept with the run.
  static String json(Report.Settlement report) {
    ObjectNode json = JSON.createObjectNode();
    json.put("customers", report.customers()).put("refunds", report.refunds());
    ArrayNode settled = json.putArray("settled");
    for (ExactSum sum : report.settled()) {
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
    List<ExactSum> sums = new ArrayList<>();
    for (JsonNode sum : report.path("settled")) {
      sums.add(
          new ExactSum(
              sum.path("currency").asText(),
              sum.path("refunds").asLong(),
              sum.path("amount_minor").bigIntegerValue()));
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
