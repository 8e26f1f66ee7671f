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
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// Profiles as bytes: what a cache keeps, in this process or in another. Pure functions.
///
/// ## Layout
/// Big endian; a text is its length in bytes (4) and its UTF-8. The id is the key and not repeated.
///
///     offset  size
///          0     1  format: 1 a profile, 2 an erased customer (ends after the check)
///          1     8  version
///          9     4  CRC-32C of the id and of all other bytes
///         13     1  bit 0: has a first purchase, bit 1: has a last purchase
///         14   8+8  first and last purchase, microseconds since 1970, or 0
///         30     4  number of preferences, then name and value of each, both texts
///          .     4  number of currencies, then of each: its code as text and six times 8 bytes:
///                   purchases, gross, refunds, pending refunds, pending and settled minor units
///
/// A reader takes a format it does not know, or bytes that do not fit, for a miss: nodes of two
/// releases may share a cache. A release that changes the layout of profiles takes a new format for
/// them and keeps 2 for marks, so that either's marks keep out the other's copies.
final class Encoded {
  /// The version of what cannot be read, below every version.
  static final long UNREADABLE = -1;

  private static final byte PROFILE = 1;
  private static final byte ABSENT = 2;
  private static final int CHECK_AT = 9;
  private static final int HEAD_BYTES = 13;

  private Encoded() {}

  static byte[] profile(Profile profile) {
    Writer out = new Writer();
    out.room(HEAD_BYTES + 1 + 16 + 4);
    Long first = profile.firstPurchaseAtMicros();
    Long last = profile.lastPurchaseAtMicros();
    out.bytes.put(PROFILE).putLong(profile.version()).putInt(0);
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
    return checked(profile.id(), Arrays.copyOf(out.bytes.array(), out.bytes.position()));
  }

  static byte[] absent(String id, long version) {
    return checked(id, ByteBuffer.allocate(HEAD_BYTES).put(ABSENT).putLong(version).array());
  }

  /// The version as it stands in an entry, to be compared byte by byte.
  static byte[] versionBytes(long version) {
    return ByteBuffer.allocate(Long.BYTES).putLong(version).array();
  }

  /// The version of an entry, or [#UNREADABLE] if its format is unknown.
  static long version(byte[] entry) {
    boolean known = entry.length >= HEAD_BYTES && (entry[0] == PROFILE || entry[0] == ABSENT);
    return known ? ByteBuffer.wrap(entry).getLong(1) : UNREADABLE;
  }

  static boolean isAbsent(byte[] entry) {
    return entry.length == HEAD_BYTES && entry[0] == ABSENT;
  }

  /// The copy or the mark in the entry of `id`, or null if it is neither.
  static Cache.@Nullable Reply read(String id, byte[] entry) {
    if (version(entry) < 0 || ByteBuffer.wrap(entry).getInt(CHECK_AT) != check(id, entry)) {
      return null;
    }
    if (isAbsent(entry)) {
      return new Cache.Absent(version(entry));
    }
    Profile profile = entry[0] == PROFILE ? read(id, ByteBuffer.wrap(entry)) : null;
    return profile == null ? null : new Cache.Hit(profile);
  }

  private static @Nullable Profile read(String id, ByteBuffer in) {
    try {
      long version = in.getLong(1);
      int has = in.position(HEAD_BYTES).get();
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
    } catch (BufferUnderflowException | IllegalArgumentException _) {
      return null;
    }
  }

  private static byte[] checked(String id, byte[] entry) {
    ByteBuffer.wrap(entry).putInt(CHECK_AT, check(id, entry));
    return entry;
  }

  private static int check(String id, byte[] entry) {
    CRC32C crc = new CRC32C();
    crc.update(id.getBytes(UTF_8));
    crc.update(entry, 0, CHECK_AT);
    crc.update(entry, HEAD_BYTES, entry.length - HEAD_BYTES);
    return (int) crc.getValue();
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
