package dev.purser.documents;

import dev.purser.strings.StringPool;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.roaringbitmap.RoaringBitmap;

/// Counts and pages over one million documents: `java -cp ...
/// dev.purser.documents.SearchBenchmark`, in about a minute. The baseline twin of the count is a
/// bare `andCardinality` of the same bitmaps.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1) // the sides are compared within one run
@Warmup(iterations = 2, time = 1) // microseconds a call: settled within the first
@Measurement(iterations = 3, time = 2)
public class SearchBenchmark {
  private static final int DOCUMENTS = 1_000_000;
  private static final Match GROCERY = new Match("department", "GROCERY");
  private static final Match NATIONAL = new Match("brand", "National");
  private static final Match RARE = new Match("package_size", "22 LB");

  private final StringPool pool = ProductShelves.pool();
  private final Shelf shelf = new Shelf(pool);
  private RoaringBitmap grocery = new RoaringBitmap();
  private RoaringBitmap national = new RoaringBitmap();
  private int next = DOCUMENTS;
  private final Fields fields =
      Fields.of(Map.of("department", List.of("GROCERY"), "brand", List.of("National")));

  /// Fills the shelf.
  @Setup
  public void fill() throws IOException, ReflectiveOperationException {
    ProductShelves.fill(shelf, DOCUMENTS);
    grocery = bitmap(GROCERY);
    national = bitmap(NATIONAL);
    if (RoaringBitmap.andCardinality(grocery, national) != countTwoFields()) {
      throw new IllegalStateException("the sides count differently");
    }
  }

  @Benchmark
  public long countTwoFields() {
    return shelf.count(List.of(GROCERY, NATIONAL));
  }

  @Benchmark
  public long bareAndCardinality() {
    return RoaringBitmap.andCardinality(grocery, national);
  }

  @Benchmark
  public Page page50OfManyMatches() {
    return shelf.page(List.of(GROCERY, NATIONAL), 50, "m");
  }

  @Benchmark
  public Page page1000OfManyMatches() {
    return shelf.page(List.of(GROCERY, NATIONAL), 1000, "m");
  }

  @Benchmark
  public Page page50OfFewMatches() {
    return shelf.page(List.of(RARE), 50, "m");
  }

  @Benchmark
  public Page page50OfAll() {
    return shelf.page(List.of(), 50, "m");
  }

  @Benchmark
  public Document get() {
    next = next * 1_664_525 + 1_013_904_223;
    int i = Integer.remainderUnsigned(next, DOCUMENTS);
    return shelf.get(Integer.toUnsignedString(i * 0x9E3779B1, 36));
  }

  /// A document is put anew and removed.
  @Benchmark
  public boolean putAndRemove() {
    String id = "new" + next++;
    return shelf.put(id, 1, fields) & shelf.remove(id);
  }

  private RoaringBitmap bitmap(Match match) throws ReflectiveOperationException {
    var field = Shelf.class.getDeclaredField("postings");
    field.setAccessible(true);
    Postings postings = (Postings) field.get(shelf);
    return postings.many(
        postings.find(Text.of(match.name()).find(pool), Text.of(match.value()).find(pool)));
  }

  /// Runs all and prints the ratio with its aim; asserts nothing.
  public static void main(String[] args) throws RunnerException {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(SearchBenchmark.class.getName())
                    .jvmArgsAppend("-Xmx1g")
                    .build())
            .run();
    Map<String, Double> micros = new HashMap<>();
    results.forEach(
        r -> micros.put(r.getPrimaryResult().getLabel(), r.getPrimaryResult().getScore()));
    System.out.printf(
        "a two-field count of %,d documents: %.2f of the bare andCardinality (aim 0.8)%n",
        DOCUMENTS, micros.get("bareAndCardinality") / micros.get("countTwoFields"));
  }
}
