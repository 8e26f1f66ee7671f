package dev.purser.ingest;

import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.ledger.EventJson;
import dev.purser.testing.SharedData;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/// What several tests of the bulk lane read and how they set it up.
final class Samples {
  static final String HEADER =
      "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
  static final EventJson EVENTS = new EventJson("GBP", InstantSource.system());

  private Samples() {}

  /// The shipped settings, `overrides` above them.
  static IngestSettings settings(String... overrides) {
    var shipped = ConfigFactory.parseFile(Path.of("conf/ingest.conf").toFile());
    var config =
        ConfigFactory.parseString(String.join("\n", overrides))
            .atPath("purser.ingest")
            .withFallback(shipped)
            .resolve();
    Keys keys = new Keys(config.getConfig("purser"));
    IngestSettings settings = IngestSettings.read(keys.at("ingest"));
    keys.refuseUnread();
    if (!keys.reasons().isEmpty()) {
      throw new IllegalArgumentException(keys.reasons().toString());
    }
    return settings;
  }

  static CsvProfile retail() {
    return Objects.requireNonNull(settings().profiles().get("online-retail"));
  }

  /// A reader of files with `header`.
  static CsvReader csv(String header) {
    return csv(header, 1 << 20);
  }

  static CsvReader csv(String header, int lineLimit) {
    return switch (CsvReader.open(retail(), Block.of(header, 1), 0, lineLimit)) {
      case CsvReader.Opened.Ready(CsvReader reader) -> reader;
      case CsvReader.Opened.Refused(var error) ->
          throw new IllegalArgumentException(error.message());
    };
  }

  /// A part of Online Retail, unpacked.
  static byte[] retailPart(int part) {
    Path file = SharedData.at("online-retail/online-retail-part" + part + ".csv.gz");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file), 1 << 16)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// All blocks of `body`, given in pieces of `piece` bytes.
  static List<Block> blocks(boolean csv, int lineLimit, byte[] body, int piece) {
    return blocks(csv, lineLimit, 16 << 20, body, piece);
  }

  static List<Block> blocks(boolean csv, int lineLimit, int quoteLimit, byte[] body, int piece) {
    Scanner scanner = new Scanner(csv, lineLimit, quoteLimit);
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < body.length; i += piece) {
      scanner.append(ByteBuffer.wrap(body, i, Math.min(piece, body.length - i)));
      while (scanner.hasRecords()) {
        blocks.add(scanner.take());
      }
    }
    scanner.end();
    while (scanner.hasRecords()) {
      blocks.add(scanner.take());
      scanner.end();
    }
    return blocks;
  }

  static List<String> records(List<Block> blocks) {
    List<String> records = new ArrayList<>();
    for (Block block : blocks) {
      for (int i = 0; i < block.records(); i++) {
        records.add(block.text(i));
      }
    }
    return records;
  }
}
