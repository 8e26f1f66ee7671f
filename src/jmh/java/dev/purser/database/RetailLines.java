package dev.purser.database;

import dev.purser.ledger.Change;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;

/// The lines of Online Retail, parsed as simply as their quirks allow, for loaders that measure the
/// database and not the parser.
final class RetailLines {
  private static final String HEADER =
      "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

  private final String prefix;
  private final Map<String, Integer> ordinals = new HashMap<>();
  private long line = 1;

  /// An event of a customer, or a letter.
  sealed interface Row {
    record Event(String customer, Change change) implements Row {}

    record Dead(Letter letter) implements Row {}
  }

  RetailLines() {
    this("");
  }

  /// @param prefix of each invoice's number: the same lines as if they were of other invoices
  RetailLines(String prefix) {
    this.prefix = prefix;
  }

  /// Hands out the rows of all parts, in chunks of `lines` lines.
  void read(Path folder, int lines, Consumer<List<Row>> chunks) {
    List<Row> chunk = new ArrayList<>(lines);
    for (int part = 1; part <= 3; part++) {
      Path file = folder.resolve("online-retail-part" + part + ".csv.gz");
      try (BufferedReader in = open(file)) {
        var _ = in.readLine();
        for (String text = in.readLine(); text != null; text = in.readLine()) {
          line++;
          add(text, chunk);
          if (chunk.size() == lines) {
            chunks.accept(chunk);
            chunk = new ArrayList<>(lines);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    chunks.accept(chunk);
  }

  private static BufferedReader open(Path file) throws IOException {
    return new BufferedReader(
        new InputStreamReader(
            new GZIPInputStream(new FileInputStream(file.toFile()), 1 << 16),
            StandardCharsets.UTF_8),
        1 << 16);
  }

  private void add(String text, List<Row> into) {
    List<String> f = fields(text);
    String id = prefix + f.get(0) + "-" + ordinals.merge(f.get(0), 1, Integer::sum);
    String customer = f.get(6);
    if (customer.isEmpty()) {
      into.add(new Row.Dead(letter(text, id)));
      return;
    }
    customer = customer.substring(0, customer.indexOf('.'));
    long quantity = Long.parseLong(f.get(3));
    long amount =
        new BigDecimal(f.get(5))
            .multiply(BigDecimal.valueOf(quantity))
            .setScale(2, RoundingMode.HALF_EVEN)
            .unscaledValue()
            .longValueExact();
    if (amount == 0) {
      return;
    }
    long at =
        LocalDateTime.parse(f.get(4).replace(' ', 'T')).toEpochSecond(ZoneOffset.UTC) * 1_000_000;
    Map<String, String> country = Map.of("country", f.get(7));
    String description = f.get(2).strip();
    into.add(
        new Row.Event(
            customer,
            amount > 0
                ? new Purchase(id, f.get(1), description, quantity, amount, "GBP", at, 7, country)
                : new Refund(
                    id,
                    null,
                    f.get(1),
                    description,
                    -quantity,
                    -amount,
                    "GBP",
                    null,
                    at,
                    127,
                    country)));
  }

  private Letter letter(String text, String id) {
    return new Letter(
        0,
        "run-1",
        line,
        "no_customer",
        "ERR_VALIDATION",
        "CustomerID is empty",
        text,
        "online-retail",
        HEADER,
        id,
        null,
        1_700_000_000_000L);
  }

  private static List<String> fields(String text) {
    List<String> fields = new ArrayList<>(8);
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        if (quoted && i + 1 < text.length() && text.charAt(i + 1) == '"') {
          field.append('"');
          i++;
        } else {
          quoted = !quoted;
        }
      } else if (c == ',' && !quoted) {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    fields.add(field.toString());
    return fields;
  }

  /// An empty file in a folder of its own, deleted with it when the process ends.
  static Path scratch() throws IOException {
    Path folder = Files.createTempDirectory("purser-bench");
    folder.toFile().deleteOnExit();
    for (String name : List.of("purser.db", "purser.db-wal", "purser.db-shm")) {
      folder.resolve(name).toFile().deleteOnExit();
    }
    return folder.resolve("purser.db");
  }
}
