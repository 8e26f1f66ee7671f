package dev.purser.ingest;

import java.util.SortedMap;
import java.util.TreeMap;

/// What a server must count and total after it was sent generated events, worked out by the
/// generator alone. Changed only while generating; confined to that thread.
public final class Truth {
  private final SortedMap<String, Spend> customers = new TreeMap<>();
  private long lines;
  private long accepted;
  private long duplicates;
  private long rejected;
  private long skipped;

  /// One customer's sums in minor units.
  public record Spend(long purchases, long grossMinor, long refunds, long refundedMinor) {
    static final Spend NONE = new Spend(0, 0, 0, 0);

    public long netMinor() {
      return grossMinor - refundedMinor;
    }
  }

  void purchase(String customer, long minor) {
    accepted();
    customers.merge(
        customer,
        new Spend(1, minor, 0, 0),
        (s, _) -> new Spend(s.purchases + 1, s.grossMinor + minor, s.refunds, s.refundedMinor));
  }

  void refund(String customer, long minor) {
    accepted();
    customers.merge(
        customer,
        new Spend(0, 0, 1, minor),
        (s, _) -> new Spend(s.purchases, s.grossMinor, s.refunds + 1, s.refundedMinor + minor));
  }

  /// A customer who is known by a preference.
  void preference(String customer) {
    accepted();
    customers.putIfAbsent(customer, Spend.NONE);
  }

  void duplicate() {
    lines++;
    duplicates++;
  }

  void rejected() {
    lines++;
    rejected++;
  }

  void skipped() {
    lines++;
    skipped++;
  }

  private void accepted() {
    lines++;
    accepted++;
  }

  /// Records, as a run counts them.
  public long lines() {
    return lines;
  }

  public long acceptedLines() {
    return accepted;
  }

  public long duplicateLines() {
    return duplicates;
  }

  public long rejectedLines() {
    return rejected;
  }

  public long skippedLines() {
    return skipped;
  }

  /// Every customer that is made, by id.
  public SortedMap<String, Spend> customers() {
    return new TreeMap<>(customers);
  }
}
