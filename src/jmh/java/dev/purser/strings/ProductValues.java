package dev.purser.strings;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// The real products that pool and shelf are measured on: one CSV record a line.
public final class ProductValues {
  private static final Path FILE = Path.of("../shared/data/completejourney/products.csv.gz");

  private ProductValues() {}

  /// The cells of each record, the header first; an empty cell is a field that is not there.
  public static List<String[]> records() throws IOException {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(FILE)), StandardCharsets.UTF_8))) {
      List<String[]> records = new ArrayList<>();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        records.add(cells(line));
      }
      return records;
    }
  }

  /// All values of all products in the order of the file, as the UTF-8 that a parser meets.
  public static byte[][] values() throws IOException {
    List<byte[]> values = new ArrayList<>();
    List<String[]> records = records();
    for (String[] record : records.subList(1, records.size())) {
      for (int i = 1; i < record.length; i++) {
        if (!record[i].isEmpty()) {
          values.add(record[i].getBytes(StandardCharsets.UTF_8));
        }
      }
    }
    return values.toArray(byte[][]::new);
  }

  private static String[] cells(String line) {
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"') {
        boolean twice = quoted && i + 1 < line.length() && line.charAt(i + 1) == '"';
        if (twice) {
          cell.append(c);
          i++;
        } else {
          quoted = !quoted;
        }
      } else if (c == ',' && !quoted) {
        cells.add(cell.toString());
        cell.setLength(0);
      } else {
        cell.append(c);
      }
    }
    cells.add(cell.toString());
    return cells.toArray(String[]::new);
  }
}
