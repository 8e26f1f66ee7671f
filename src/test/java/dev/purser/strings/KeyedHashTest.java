package dev.purser.strings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeyedHashTest {
  private final KeyedHash hash = new KeyedHash(new Random(7));

  @Test
  void hash_ofTheSameBytesElsewhere_isTheSame() {
    byte[] bytes = new byte[100];
    new Random(1).nextBytes(bytes);
    for (int length = 0; length <= 70; length++) {
      byte[] moved = new byte[100];
      System.arraycopy(bytes, 3, moved, 20, length);
      assertThat(hash.of(moved, 20, length)).isEqualTo(hash.of(bytes, 3, length));
    }
  }

  @Test
  void hash_ofEachByteChanged_changes() {
    byte[] bytes = "0123456789abcdefghijklmnopqrstu".getBytes(UTF_8);
    for (int length = 1; length <= bytes.length; length++) {
      Set<Integer> hashes = new HashSet<>(Set.of(hash.of(bytes, 0, length)));
      for (int i = 0; i < length; i++) {
        byte[] changed = bytes.clone();
        changed[i] ^= 1;
        hashes.add(hash.of(changed, 0, length));
      }
      assertThat(hashes).hasSize(length + 1);
    }
  }

  @Test
  void hash_ofStringsThatCollideForStringHashCode_differs() {
    // "Aa" and "BB" have one String.hashCode, and so has every text of 12 such pairs.
    Set<Integer> hashes = new HashSet<>();
    for (int i = 0; i < 1 << 12; i++) {
      StringBuilder text = new StringBuilder();
      for (int bit = 0; bit < 12; bit++) {
        text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      byte[] utf8 = text.toString().getBytes(UTF_8);
      hashes.add(hash.of(utf8, 0, utf8.length));
    }
    // 4,096 chance hashes of 32 bits have two equal ones once in 512 draws of keys.
    assertThat(hashes).hasSizeGreaterThan(4_090);
  }

  @Test
  void hash_underOtherKeys_isAnother() {
    byte[] utf8 = "GROCERY".getBytes(UTF_8);
    assertThat(new KeyedHash(new Random(8)).of(utf8, 0, 7)).isNotEqualTo(hash.of(utf8, 0, 7));
  }
}
