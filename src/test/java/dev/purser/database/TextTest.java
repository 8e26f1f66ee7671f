package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Text of any kind comes back byte for byte and is ordered by its UTF-8 bytes.
@ParameterizedClass
@EnumSource(TestProduct.class)
class TextTest {
  private static final Path NAUGHTY = Path.of("../shared/data/naughty/blns.json");

  @Parameter TestProduct product;
  @TempDir Path folder;

  /// Texts that drivers like to cut, fold, trim or normalise.
  private static List<String> texts() throws IOException {
    LinkedHashSet<String> texts =
        new LinkedHashSet<>(
            List.of(
                "e\u0301",
                "\u00e9",
                "\ufeffbom",
                " padded ",
                "tab\tline\nreturn\r",
                "\u0001",
                "\ud83d\ude00",
                "\uffff",
                "\ue000",
                "\u2028",
                "'; DROP TABLE customers; --",
                "%_\\",
                "A",
                "a",
                "1",
                "1.0",
                "x".repeat(4096)));
    if (Files.exists(NAUGHTY)) {
      for (String text : new ObjectMapper().readValue(NAUGHTY.toFile(), String[].class)) {
        if (!text.isEmpty() && text.indexOf('\0') < 0) {
          texts.add(text);
        }
      }
    } else if (System.getenv("CI") != null) {
      throw new AssertionError(NAUGHTY + " is missing");
    }
    return List.copyOf(texts);
  }

  private static Comparator<String> byBytes() {
    return (a, b) ->
        Arrays.compareUnsigned(
            a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void texts_inEveryColumn_comeBackByteForByte_andInTheOrderOfTheirBytes() throws Exception {
    List<String> texts = texts();
    try (TestStore store = new TestStore(product, folder)) {
      List<CustomerSave> saves = new ArrayList<>();
      for (String text : texts) {
        saves.add(
            store.draft(
                text,
                new Purchase(text, text, text, 1, 1, "GBP", 5, 0, Map.of("name", text)),
                new Refund(text, null, text, text, 1L, 1, "GBP", text, 5, 0, Map.of())));
      }
      var _ = store.commit(saves);
      for (String text : texts) {
        check(store, text);
      }
      var ids = store.store.answer(new Query.Segment(SegmentsTest.all(), true, 10_000, null)).ids();
      assertThat(ids).isEqualTo(texts.stream().sorted(byBytes()).toList());
    }
  }

  private static void check(TestStore store, String text) throws SQLException {
    assertThat(store.profile(text).id()).isEqualTo(text);
    assertThat(store.profile(text).preferences()).containsExactly(Map.entry("name", text));
    Purchase p = store.store.answer(new Query.OnePurchase(text, text)).orElseThrow().purchase();
    assertThat(List.of(p.id(), p.sku(), String.valueOf(p.description()))).containsOnly(text);
    Refund r = store.store.answer(new Query.OneRefund(text, text)).orElseThrow().refund();
    assertThat(List.of(r.id(), String.valueOf(r.sku()), String.valueOf(r.reason())))
        .containsOnly(text);
    assertThat(
            store
                .store
                .answer(new Query.Segment(SegmentsTest.of(Map.of("name", text)), true, 10, null))
                .ids())
        .containsExactly(text);
  }

  @Test
  void eventsOfTheSameTime_areListedInTheOrderOfTheirBytes() throws Exception {
    List<String> texts = texts();
    try (TestStore store = new TestStore(product, folder)) {
      Purchase[] purchases =
          texts.stream()
              .map(t -> new Purchase(t, "s", null, 1, 1, "GBP", 5, 0, Map.of()))
              .toArray(Purchase[]::new);
      var _ = store.saved("ada", purchases);
      List<String> listed = new ArrayList<>();
      Query.Place after = null;
      while (true) {
        var page = store.store.answer(new Query.Purchases("ada", 7, after)).orElseThrow();
        if (page.isEmpty()) {
          break;
        }
        page.forEach(p -> listed.add(p.purchase().id()));
        after = new Query.Place(5, listed.getLast());
      }
      assertThat(listed).isEqualTo(texts.stream().sorted(byBytes()).toList());
    }
  }

  @Test
  void numbersAtTheirExtremes_comeBackAsTheyWere() throws SQLException {
    try (TestStore store = new TestStore(product, folder)) {
      long max = (1L << 53) - 1;
      Purchase p =
          new Purchase(
              "p", "s", "", Long.MAX_VALUE, max, "GBP", 253_402_300_799_999_999L, 0, Map.of());
      Refund r = new Refund("r", null, null, null, null, max, "GBP", null, 0, 0, Map.of());
      var _ = store.saved("ada", p, r);
      assertThat(store.store.answer(new Query.OnePurchase("ada", "p")).orElseThrow().purchase())
          .isEqualTo(p);
      assertThat(store.store.answer(new Query.OneRefund("ada", "r")).orElseThrow().refund())
          .isEqualTo(r);
    }
  }
}
