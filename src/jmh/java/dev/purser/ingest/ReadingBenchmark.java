package dev.purser.ingest;

import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.ledger.EventJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Lines a second that one core reads: bytes to judged lines, nothing stored.
///
/// `java -cp ... org.openjdk.jmh.Main ReadingBenchmark`. The framing alone is the baseline twin.
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1) // one profile of the JIT is enough: the ratios between the methods are the result
@Warmup(iterations = 3, time = 2) // the tight loops settle within two iterations
@Measurement(iterations = 3, time = 2)
public class ReadingBenchmark {
  private static final int LINES = 20_000;
  private static final int LIMIT = 1 << 20;
  private static final int PIECE = 64 * 1024;

  private byte[] csv = new byte[0];
  private byte[] json = new byte[0];
  private CsvReader csvReader;
  private JsonReader jsonReader;

  /// Generates what is read, once.
  @Setup
  public void generate() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SampleInvoices.write(LINES, 1, out);
    csv = out.toByteArray();
    out.reset();
    SampleEvents.write(LINES, 1, out);
    json = out.toByteArray();
    var config = ConfigFactory.parseFile(Path.of("conf/ingest.conf").toFile()).resolve();
    var settings = IngestSettings.read(new Keys(config.getConfig("purser")).at("ingest"));
    var profile = Objects.requireNonNull(settings.profiles().get("online-retail"));
    String header =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
    csvReader =
        switch (CsvReader.open(profile, Block.of(header, 1), 0, LIMIT)) {
          case CsvReader.Opened.Ready(CsvReader reader) -> reader;
          case CsvReader.Opened.Refused(var error) ->
              throw new IllegalStateException(error.message());
        };
    jsonReader = new JsonReader(new EventJson("GBP", InstantSource.system()), false, LIMIT);
  }

  @Benchmark
  @OperationsPerInvocation(LINES)
  public long csvFramed() {
    return read(csv, true, null);
  }

  @Benchmark
  @OperationsPerInvocation(LINES)
  public long csvRead() {
    return read(csv, true, csvReader);
  }

  @Benchmark
  @OperationsPerInvocation(LINES)
  public long jsonFramed() {
    return read(json, false, null);
  }

  @Benchmark
  @OperationsPerInvocation(LINES)
  public long jsonRead() {
    return read(json, false, jsonReader);
  }

  private static long read(byte[] body, boolean isCsv, Reader reader) {
    Scanner scanner = new Scanner(isCsv, LIMIT, LIMIT);
    Ordinals ordinals = new Ordinals(10_000);
    long lines = 0;
    for (int i = 0; i < body.length; i += PIECE) {
      scanner.append(ByteBuffer.wrap(body, i, Math.min(PIECE, body.length - i)));
      Block block = scanner.take();
      lines += block.records();
      if (reader != null) {
        for (Line line : reader.read(block)) {
          lines += ordinals.number(line).record();
        }
      }
    }
    return lines;
  }
}
