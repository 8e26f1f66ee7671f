package dev.purser.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Profile;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// Entries as bytes.
final class EncodedTest {
  private static final Profile PROFILE = CacheTest.profile("a", 5);

  @Test
  void profile_readAgain_same() {
    byte[] entry = Encoded.profile(PROFILE);
    assertThat(Encoded.read("a", entry)).isEqualTo(new Cache.Hit(PROFILE));
    assertThat(Encoded.version(entry)).isEqualTo(5);
    assertThat(Arrays.copyOfRange(entry, 1, 9)).isEqualTo(Encoded.versionBytes(5));
    Profile nobody = Profile.absent("a");
    assertThat(Encoded.read("a", Encoded.profile(nobody))).isEqualTo(new Cache.Hit(nobody));
  }

  @Test
  void absent_readAgain_same() {
    byte[] mark = Encoded.absent("a", 9);
    assertThat(Encoded.isAbsent(mark)).isTrue();
    assertThat(Encoded.version(mark)).isEqualTo(9);
    assertThat(Encoded.read("a", mark)).isEqualTo(new Cache.Absent(9));
  }

  @Test
  void read_cutOrChangedAnywhere_nothing() {
    for (byte[] entry : new byte[][] {Encoded.profile(PROFILE), Encoded.absent("a", 9)}) {
      for (int length = 0; length < entry.length; length++) {
        assertThat(Encoded.read("a", Arrays.copyOf(entry, length))).as("%d bytes", length).isNull();
      }
      for (int i = 0; i < entry.length; i++) {
        byte[] changed = entry.clone();
        changed[i] ^= 0x10;
        assertThat(Encoded.read("a", changed)).as("byte %d", i).isNull();
      }
      assertThat(Encoded.read("a", Arrays.copyOf(entry, entry.length + 1))).isNull();
    }
  }

  @Test
  void read_ofAnotherCustomer_nothing() {
    assertThat(Encoded.read("b", Encoded.profile(PROFILE))).isNull();
    assertThat(Encoded.read("b", Encoded.absent("a", 9))).isNull();
  }

  @Test
  void version_unknownFormat_none() {
    byte[] entry = Encoded.profile(PROFILE);
    entry[0] = 77;
    assertThat(Encoded.version(entry)).isEqualTo(Encoded.UNREADABLE);
    assertThat(Encoded.version(new byte[0])).isEqualTo(Encoded.UNREADABLE);
  }
}
