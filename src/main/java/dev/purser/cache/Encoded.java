package dev.purser.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.ledger.Profile;
import dev.purser.ledger.Totals;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Profiles as bytes: what a cache keeps, in this process or in another. Pure functions.
///
/// ## Layout
/// Big endian; a text is its length in bytes (4) and its UTF-8. The id is the key and not repeated.
///
///     offset  size
///          0     1  format: 1 a profile, 2 an erased customer (ends after the version)
///          1     8  version
///          9     1  bit 0: has a first purchase, bit 1: has a last purchase
///         10   8+8  first and last purchase, microseconds since 1970, or 0
///         26     4  number of preferences, then name and value of each, both texts
///          .     4  number of currencies, then of each: its code as text and six times 8 bytes:
///                   purchases, gross, refunds, pending refunds, pending and settled minor units
///
/// A reader takes a format it does not know, or bytes that do not fit, for a miss: nodes of two
/// releases may share a cache.
final class Encoded {
  private static final byte PROFILE = 1;
  private static final byte ABSENT = 2;
  private static final int HEAD_BYTES = 9;

  private Encoded() {}

  static byte[] profile(Profile profile) {
    Writer out = new Writer();
    out.room(HEAD_BYTES + 1 + 16 + 4);
    Long first = profile.firstPurchaseAtMicros();
    Long last = profile.lastPurchaseAtMicros();
    out.bytes.put(PROFILE).putLong(profile.version());
    out.bytes.put((byte) ((first == null ? 0 : 1) | (last == null ? 0 : 2)));
    out.bytes.putLong(first == null ? 0 : first).putLong(last == null ? 0 : last);
    out.bytes.putInt(profile.preferences().size());
    for (Map.Entry<String, String> preference : profile.preferences().entrySet()) {
      out.text(preference.getKey());
      out.text(preference.getValue());
    }
    out.room(4).putInt(profile.totals().size());
    for (Totals t : profile.totals()) {
      out.text(t.currency());
      out.room(48).putLong(t.purchases()).putLong(t.grossMinor()).putLong(t.refunds());
      out.bytes.putLong(t.pendingRefunds()).putLong(t.pendingMinor()).putLong(t.settledMinor());
    }
    return Arrays.copyOf(out.bytes.array(), out.bytes.position());
  }

  static byte[] absent(long version) {
    return ByteBuffer.allocate(HEAD_BYTES).put(ABSENT).putLong(version).array();
  }

  /// The version of an entry, or -1 if its format is unknown.
  static long version(byte[] entry) {
    boolean known = entry.length >= HEAD_BYTES && (entry[0] == PROFILE || entry[0] == ABSENT);
    return known ? ByteBuffer.wrap(entry).getLong(1) : -1;
  }

  static boolean isAbsent(byte[] entry) {
    return entry.length == HEAD_BYTES && entry[0] == ABSENT;
  }

  /// The profile in `entry`, or null if it holds none that can be read.
  static @Nullable Profile profile(String id, byte[] entry) {
    if (version(entry) < 0 || entry[0] != PROFILE) {
      return null;
    }
    try {
      ByteBuffer in = ByteBuffer.wrap(entry).position(1);
      long version = in.getLong();
      int has = in.get();
      long first = in.getLong();
      long last = in.getLong();
      SortedMap<String, String> preferences = preferences(in);
      return new Profile(
          id,
          version,
          preferences,
          totals(in),
          (has & 1) == 0 ? null : first,
          (has & 2) == 0 ? null : last);
    } catch (BufferUnderflowException _) {
      return null;
    }
  }

  private static SortedMap<String, String> preferences(ByteBuffer in) {
    SortedMap<String, String> preferences = new TreeMap<>();
    for (int n = in.getInt(); n > 0; n--) {
      preferences.put(text(in), text(in));
    }
    return preferences;
  }

  private static List<Totals> totals(ByteBuffer in) {
    List<Totals> totals = new ArrayList<>(1);
    for (int n = in.getInt(); n > 0; n--) {
      totals.add(
          new Totals(
              text(in),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              in.getLong()));
    }
    return totals;
  }

  private static String text(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] utf8 = new byte[length];
    in.get(utf8);
    return new String(utf8, UTF_8);
  }

  /// A buffer that grows.
  private static final class Writer {
    private ByteBuffer bytes = ByteBuffer.allocate(256);

    ByteBuffer room(int size) {
      if (bytes.remaining() < size) {
        int wanted = Math.max(bytes.capacity() * 2, bytes.position() + size);
        bytes = ByteBuffer.allocate(wanted).put(bytes.flip());
      }
      return bytes;
    }

    void text(String text) {
      byte[] utf8 = text.getBytes(UTF_8);
      room(4 + utf8.length).putInt(utf8.length).put(utf8);
    }
  }
}
