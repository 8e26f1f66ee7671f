package dev.purser.documents;

import dev.purser.strings.ProductValues;
import dev.purser.strings.StringPool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The real products as documents, for benchmarks.
final class ProductShelves {
  private ProductShelves() {}

  static StringPool pool() {
    return new StringPool(new StringPool.Limits(10_000_000, 1L << 30));
  }

  /// Name to value of each product, its id under the empty name; all strings of their own.
  static List<Map<String, String>> products() throws IOException {
    List<String[]> records = ProductValues.records();
    String[] header = records.getFirst();
    List<Map<String, String>> products = new ArrayList<>();
    for (String[] record : records.subList(1, records.size())) {
      Map<String, String> product = new LinkedHashMap<>();
      product.put("", record[0]);
      for (int i = 1; i < record.length; i++) {
        if (!record[i].isEmpty()) {
          product.put(header[i], record[i]);
        }
      }
      products.add(product);
    }
    return products;
  }

  static Fields fields(Map<String, String> product) {
    Map<String, List<String>> fields = new LinkedHashMap<>();
    product.forEach(
        (name, value) -> {
          if (!name.isEmpty()) {
            fields.put(name, List.of(value));
          }
        });
    return Fields.of(fields);
  }

  /// Puts products until the shelf has `documents` of them, under ids that do not come in order.
  static void fill(Shelf shelf, int documents) throws IOException {
    List<Fields> all = products().stream().map(ProductShelves::fields).toList();
    for (int i = 0; i < documents; i++) {
      // A bijection of 32 bits: ids are distinct and spread.
      String id = Integer.toUnsignedString(i * 0x9E3779B1, 36);
      shelf.put(id, i, all.get(i % all.size()));
    }
  }
}
