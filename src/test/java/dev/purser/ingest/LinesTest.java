package dev.purser.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ingest.Batches.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What the lines in flight count for, and what they are called.
final class LinesTest {
  private static final int LIMIT = 1 << 20;
  private static final int PIECE = 64 * 1024;

  private final Lines lines = new Lines(Samples.settings("in-flight-bytes = 1 MiB"));
  private final JsonReader json = new JsonReader(Samples.EVENTS, false, LIMIT);

  @Test
  void recordsAmongBlanks_countTheBlocksThatTheyKeepAlive() {
    String record = event("c", "1") + "\n".repeat(PIECE - event("c", "1").length());
    int taken = 0;
    long held = 0;
    for (Block block : blocks(record.repeat(40))) {
      if (lines.room()) {
        json.read(block).forEach(lines::read);
        held += block.bytes().length;
        taken++;
      }
    }
    assertThat(taken).isBetween(8, 16);
    assertThat(held).isLessThanOrEqualTo(LIMIT + PIECE);
  }

  @Test
  void block_withOneLineUnsettled_countsWhole() {
    String body =
        IntStream.range(0, 12_000)
            .mapToObj(i -> event("customer-" + i, "1") + "\n")
            .collect(Collectors.joining());
    List<Item> last = new ArrayList<>();
    int blocks = 0;
    for (Block block : blocks(body)) {
      if (lines.room()) {
        List<Item> items = json.read(block).stream().map(lines::read).toList();
        items.subList(1, items.size()).forEach(item -> lines.stored(item, false));
        last.add(items.getFirst());
        blocks++;
      }
    }
    assertThat(blocks).isBetween(8, 16);
    last.forEach(item -> lines.stored(item, false));
    assertThat(lines.room()).isTrue();
    assertThat(lines.allSettled()).isTrue();
  }

  @Test
  void lineOfManySmallValues_countsWhatWasReadFromIt() {
    String preferences =
        IntStream.range(0, 64).mapToObj(i -> "\"" + i + "\":\"\"").collect(Collectors.joining(","));
    String line =
        "{\"type\":\"preferences\",\"customer_id\":\"c\",\"preferences\":{" + preferences + "}}";
    Line read = json.read(Block.of(line, 1)).getFirst();
    assertThat(read.verdict()).isInstanceOf(Verdict.Event.class);
    assertThat(read.weight()).isGreaterThan(64 * 100);
  }

  @Test
  void derivedIds_ofDifferentOwners_differ() {
    assertThat(derived(event("a/b", "c"))).isNotEqualTo(derived(event("a", "b/c")));
    assertThat(derived(event("a%2Fb", "c"))).isNotEqualTo(derived(event("a/b", "c")));
    assertThat(derived(refund("a/b", "c", 1))).isNotEqualTo(derived(refund("a", "b/c", 1)));
    assertThat(derived(refund("a/b", "c", 0))).isNotEqualTo(derived(refund("a", "b/c", 0)));
    assertThat(derived(vector("a/b", "c", "1"))).isNotEqualTo(derived(vector("a", "b/c", "1")));
    assertThat(derived(vector("a/b", "c", ""))).isNotEqualTo(derived(vector("a", "b/c", "")));
    assertThat(derived(unknown("a/b", "c", "d"))).isNotEqualTo(derived(unknown("a", "b/c", "d")));
  }

  @Test
  void derivedIds_withoutAmbiguity_areWhatTheyWere() {
    assertThat(derived(event("a", "b/c%"))).isEqualTo("purchase/a/b/c%");
    assertThat(derived(refund("a", "r", 1))).isEqualTo("refund/a/r");
    assertThat(derived(vector("s", "v/1", "1"))).isEqualTo("vector/s/v/1");
    assertThat(derived("{\"type\":\"document\",\"id\":\"d/1%\",\"fields\":{\"a\":\"b\"}}"))
        .isEqualTo("document/d/1%");
    assertThat(derived("{\"type\":\"document\",\"id\":\"d/1%\"}")).isEqualTo("document/d/1%");
  }

  /// An accepted line and a refused one of the same event have the same derived id.
  @Test
  void derivedIds_ofGoodAndBadLines_areTheSame() {
    assertThat(derived(refund("a/b", "c", 0))).isEqualTo(derived(refund("a/b", "c", 1)));
    assertThat(derived(vector("a/b", "c", ""))).isEqualTo(derived(vector("a/b", "c", "1")));
  }

  private String derived(String line) {
    return json.read(Block.of(line, 1)).getFirst().derivedId();
  }

  private static List<Block> blocks(String body) {
    return Samples.blocks(false, LIMIT, body.getBytes(UTF_8), PIECE);
  }

  private static String event(String customer, String id) {
    return "{\"type\":\"purchase\",\"customer_id\":\"%s\",\"id\":\"%s\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":5}"
        .formatted(customer, id);
  }

  private static String refund(String customer, String id, int amount) {
    return "{\"type\":\"refund\",\"customer_id\":\"%s\",\"id\":\"%s\",\"amount_minor\":\"%d\"}"
        .formatted(customer, id, amount)
        .replace("\"1\"}", "1}");
  }

  private static String vector(String space, String id, String values) {
    return "{\"type\":\"vector\",\"space\":\"%s\",\"id\":\"%s\",\"vector\":[%s]}"
        .formatted(space, id, values);
  }

  private static String unknown(String type, String customer, String id) {
    return "{\"type\":\"%s\",\"customer_id\":\"%s\",\"id\":\"%s\"}".formatted(type, customer, id);
  }
}
