package dev.purser.strings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.testing.SharedData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StringPoolTest {
  private static final StringPool.Limits WIDE = new StringPool.Limits(100_000, 10_000_000);

  private final StringPool pool = new StringPool(WIDE);

  @Test
  void intern_ofTheSameBytes_givesTheSameId() {
    byte[] buffer = "..GROCERY..".getBytes(UTF_8);
    int id = pool.intern("GROCERY");
    assertThat(pool.intern(buffer, 2, 7)).isEqualTo(id);
    assertThat(pool.find(buffer, 2, 7)).isEqualTo(id);
    assertThat(pool.find(buffer, 2, 6)).isEqualTo(StringPool.ABSENT);
    assertThat(pool.string(id)).isEqualTo("GROCERY");
    assertThat(pool.references(id)).isEqualTo(2);
    assertThat(pool.strings()).isEqualTo(1);
    assertThat(pool.bytes()).isEqualTo(7);
  }

  @Test
  void release_ofTheLastReference_givesIdAndBytesToOthers() {
    int kept = pool.intern("kept");
    int gone = pool.intern("gone");
    pool.retain(gone);
    pool.release(gone);
    assertThat(pool.find("gone".getBytes(UTF_8), 0, 4)).isEqualTo(gone);
    pool.release(gone);
    assertThat(pool.find("gone".getBytes(UTF_8), 0, 4)).isEqualTo(StringPool.ABSENT);
    assertThat(pool.bytes()).isEqualTo(4);
    assertThat(pool.intern("other")).isEqualTo(gone);
    assertThat(pool.string(kept)).isEqualTo("kept");
    assertThat(pool.string(gone)).isEqualTo("other");
  }

  @Test
  void release_ofWhatNobodyHolds_isRefused() {
    int id = pool.intern("a");
    pool.release(id);
    assertThatThrownBy(() -> pool.release(id)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pool.retain(id)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pool.utf8(id)).isInstanceOf(IllegalStateException.class);
    assertThat(pool.intern("b")).isEqualTo(id);
    assertThat(pool.references(id)).isEqualTo(1);
  }

  @Test
  void intern_ofManyUnderOneHash_confusesNone() {
    StringPool colliding = new StringPool(WIDE, (_, _, _) -> 0x8000_0001);
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      ids.add(colliding.intern("string " + i));
    }
    assertThat(new HashSet<>(ids)).hasSize(2_000);
    for (int i = 0; i < 2_000; i += 2) {
      colliding.release(ids.get(i));
    }
    for (int i = 0; i < 2_000; i++) {
      byte[] utf8 = ("string " + i).getBytes(UTF_8);
      assertThat(colliding.find(utf8, 0, utf8.length))
          .isEqualTo(i % 2 == 0 ? StringPool.ABSENT : ids.get(i));
    }
  }

  @Test
  void intern_ofTheNaughtyStrings_givesThemBackByteForByte() throws IOException {
    for (Hash hash : List.<Hash>of(new KeyedHash(), (_, _, _) -> 0)) {
      StringPool naughty = new StringPool(WIDE, hash);
      Set<String> distinct = new HashSet<>();
      for (JsonNode node :
          new ObjectMapper().readTree(SharedData.at("naughty/blns.json").toFile())) {
        distinct.add(node.asText());
        int id = naughty.intern(node.asText());
        assertThat(naughty.utf8(id)).isEqualTo(node.asText().getBytes(UTF_8));
        assertThat(naughty.string(id)).isEqualTo(node.asText());
      }
      assertThat(naughty.strings()).isEqualTo(distinct.size()).isGreaterThan(400);
    }
  }

  @Test
  void intern_atTheLimitOfStrings_refusesNewOnesOnly() {
    StringPool small = new StringPool(new StringPool.Limits(2, 100));
    int a = small.intern("a");
    int b = small.intern("b");
    assertThatThrownBy(() -> small.intern("c"))
        .asInstanceOf(type(PoolFull.class))
        .satisfies(full -> assertThat(full.limit()).isEqualTo("pool_strings"));
    assertThat(small.intern("a")).isEqualTo(a);
    small.release(b);
    assertThat(small.string(small.intern("c"))).isEqualTo("c");
    assertThat(small.strings()).isEqualTo(2);
  }

  @Test
  void intern_atTheLimitOfBytes_takesWhatStillFits() {
    StringPool small = new StringPool(new StringPool.Limits(100, 10));
    small.intern("1234567");
    assertThatThrownBy(() -> small.intern("1234"))
        .asInstanceOf(type(PoolFull.class))
        .satisfies(full -> assertThat(full.limit()).isEqualTo("pool_bytes"));
    small.intern("123");
    small.intern("");
    assertThat(small.bytes()).isEqualTo(10);
    assertThatThrownBy(() -> small.intern("4")).isInstanceOf(PoolFull.class);
  }

  @Test
  void intern_ofTheLongest_isKeptAndOfLongerRefused() {
    byte[] longest = "x".repeat(StringPool.MOST_BYTES + 1).getBytes(UTF_8);
    int id = pool.intern(longest, 1, StringPool.MOST_BYTES);
    assertThat(pool.utf8(id)).hasSize(StringPool.MOST_BYTES);
    assertThatThrownBy(() -> pool.intern(longest, 0, longest.length))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(pool.find(longest, 0, longest.length)).isEqualTo(StringPool.ABSENT);
    assertThat(pool.strings()).isEqualTo(1);
  }

  @Test
  void intern_ofUnpairedSurrogates_isRefused() {
    for (String bad : List.of("\uD800", "a\uDC00", "\uDC00\uD800", "\uD83D\uD83D\uDE00")) {
      assertThatThrownBy(() -> pool.intern(bad)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(pool.string(pool.intern("\uD83D\uDE00"))).isEqualTo("\uD83D\uDE00");
  }
}
