package dev.purser.strings;

import com.github.benmanes.caffeine.cache.Interner;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/// The heap that all values of the real products hold, one way a process, so that nothing of
/// another way is counted: `java -Xmx1g -cp ... dev.purser.strings.HeldValues WAY`, where WAY is
/// `plain` (also with `-XX:+UseStringDeduplication`), `caffeine`, `map` or `pool`.
///
/// What is printed is what is in use after collections, less what was in use before: the references
/// (or ids) of all values, and what they lead to.
public final class HeldValues {
  private static final int COLLECTIONS = 8;

  private HeldValues() {}

  /// Asserts nothing.
  public static void main(String[] args) throws IOException, InterruptedException {
    byte[][] values = ProductValues.values();
    // What classes make once, such as instruments, is no part of what is held.
    Object warm = hold(args[0], new byte[][] {values[0]});
    long before = used();
    long start = System.nanoTime();
    Object held = hold(args[0], values);
    long nanos = System.nanoTime() - start;
    System.out.printf(
        "%s: %.1f MB held by %,d values (with %.0f ns each, cold)%n",
        args[0], (used() - before) / 1e6, values.length, (double) nanos / values.length);
    System.out.println(held.equals(warm) ? "." : "");
  }

  private static Object hold(String way, byte[][] values) {
    return switch (way) {
      case "plain" -> each(values, s -> s);
      case "caffeine" -> {
        Interner<String> weak = Interner.newWeakInterner();
        yield new Object[] {weak, each(values, weak::intern)};
      }
      case "map" -> {
        ConcurrentHashMap<String, String> map = new ConcurrentHashMap<>();
        yield new Object[] {
          map,
          each(
              values,
              s -> {
                String present = map.putIfAbsent(s, s);
                return present == null ? s : present;
              })
        };
      }
      case "pool" -> {
        StringPool pool = new StringPool(new StringPool.Limits(1_000_000, 1L << 30));
        int[] ids = new int[values.length];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = pool.intern(values[i], 0, values[i].length);
        }
        yield new Object[] {pool, ids};
      }
      default -> throw new IllegalArgumentException(way);
    };
  }

  private static String[] each(byte[][] values, UnaryOperator<String> held) {
    String[] strings = new String[values.length];
    for (int i = 0; i < strings.length; i++) {
      strings[i] = held.apply(new String(values[i], StandardCharsets.UTF_8));
    }
    return strings;
  }

  /// Deduplication runs beside the collections, on strings that survived some of them.
  private static long used() throws InterruptedException {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      Thread.sleep(250);
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
