package dev.purser.customers;

import dev.purser.customers.Customer.Reply;
import dev.purser.ledger.Preferences;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/// The heap that active customers hold who were read from the database, with 0, 1 and 8 preferences
/// each: what their names and values cost, and what keeping each only once would spare. `java
/// -Xmx1g -cp ... dev.purser.customers.HeldCustomers`.
public final class HeldCustomers {
  private static final int CUSTOMERS = 18_000; // below active-limit: none leaves
  private static final int COLLECTIONS = 4;

  private HeldCustomers() {}

  /// Asserts nothing.
  public static void main(String[] args) throws IOException {
    for (int preferences : new int[] {0, 1, 8}) {
      Path folder = Files.createTempDirectory("held-customers");
      try (NodeFixture node = node(folder)) {
        each(
            node,
            i ->
                node.customers.apply(
                    "c" + i, List.of(change(i, preferences)), null, true, NodeFixture.soon()));
      }
      try (NodeFixture node = node(folder)) {
        for (int i = 0; i < 200; i++) {
          node.read("none" + i); // classes, buffers and pools of what follows
        }
        long before = used();
        each(node, i -> node.customers.read("c" + i, NodeFixture.soon()));
        System.out.printf(
            "%d preferences: %,d bytes a customer%n", preferences, (used() - before) / CUSTOMERS);
      }
    }
  }

  private static NodeFixture node(Path folder) {
    return new NodeFixture(
        folder, "pekko.actor.serialize-messages = off\npekko.loglevel = WARNING", d -> d);
  }

  private interface Asked {
    CompletionStage<Reply> of(int customer);
  }

  private static void each(NodeFixture node, Asked asked) {
    for (int from = 0; from < CUSTOMERS; from += 500) {
      List<CompletionStage<Reply>> replies = new ArrayList<>();
      for (int i = from; i < from + 500; i++) {
        replies.add(asked.of(i));
      }
      replies.forEach(NodeFixture::await);
    }
  }

  /// Few names and few values, as preferences are: a country, a tier, a language, consents.
  private static Preferences change(int customer, int preferences) {
    Map<String, String> values = new LinkedHashMap<>();
    for (int p = 0; p < preferences; p++) {
      values.put("preference_" + p, "a usual value " + (customer % (5 * (p + 1))));
    }
    return new Preferences(true, true, values);
  }

  private static long used() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
