package dev.purser.strings;

import com.github.benmanes.caffeine.cache.Interner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Values of the real products that are present already, from the UTF-8 that a parser delivers to
/// the one copy of each: the pool against what decodes a String first. Run by [InternRatios], which
/// prints the ratios with their aims.
///
/// All sides get the same values in the same order, each thread beginning elsewhere. The pool's
/// `intern` counts a reference, which the others leave to the garbage collector; `find` does not.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1) // the sides are compared within one run; a second profile of the JIT moved no ratio by 5 %
@Warmup(iterations = 2, time = 2) // a loop of 50 ns calls settles in the first
@Measurement(iterations = 3, time = 2)
public class InternBenchmark {
  private byte[][] values = new byte[0][];
  private StringPool pool;
  private Interner<String> weak;
  private ConcurrentHashMap<String, String> map;

  /// Where a thread is in the values.
  @State(Scope.Thread)
  public static class Position {
    private static final int APART = 104_729;

    private int next = (int) (Thread.currentThread().threadId() * APART);
  }

  /// Makes all values present on all sides.
  @Setup
  public void fill() throws IOException {
    values = ProductValues.values();
    pool = new StringPool(new StringPool.Limits(1_000_000, 1L << 30));
    weak = Interner.newWeakInterner();
    map = new ConcurrentHashMap<>();
    kept = new String[values.length];
    for (int i = 0; i < values.length; i++) {
      pool.intern(values[i], 0, values[i].length);
      kept[i] = weak.intern(decoded(values[i]));
      map.putIfAbsent(kept[i], kept[i]);
    }
  }

  /// What holds the weak interner's strings, as documents would.
  private String[] kept = new String[0];

  @Benchmark
  public int poolIntern(Position position) {
    byte[] value = next(position);
    return pool.intern(value, 0, value.length);
  }

  @Benchmark
  public int poolFind(Position position) {
    byte[] value = next(position);
    return pool.find(value, 0, value.length);
  }

  @Benchmark
  public String caffeineWeakInterner(Position position) {
    return weak.intern(decoded(next(position)));
  }

  @Benchmark
  public String concurrentHashMap(Position position) {
    String string = decoded(next(position));
    String present = map.putIfAbsent(string, string);
    return present == null ? string : present;
  }

  /// What all others have to do first.
  @Benchmark
  public String decodingAlone(Position position) {
    return decoded(next(position));
  }

  private byte[] next(Position position) {
    int i = position.next + 1;
    position.next = i < values.length ? i : 0;
    return values[position.next];
  }

  private static String decoded(byte[] utf8) {
    return new String(utf8, 0, utf8.length, StandardCharsets.UTF_8);
  }
}
