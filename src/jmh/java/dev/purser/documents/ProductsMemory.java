package dev.purser.documents;

import dev.purser.strings.StringPool;
import java.io.IOException;
import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jol.info.GraphLayout;

/// What the real products retain, by JOL: as maps of plain strings, as maps of interned strings,
/// and on a shelf: `java -Xmx1g -Djol.magicFieldOffset=true -cp ...
/// dev.purser.documents.ProductsMemory`.
public final class ProductsMemory {
  private ProductsMemory() {}

  /// Asserts nothing.
  public static void main(String[] args) throws IOException, ReflectiveOperationException {
    List<Map<String, String>> products = ProductShelves.products();
    double plain = size(maps(products, false));
    double interned = size(maps(products, true));
    StringPool pool = ProductShelves.pool();
    Shelf shelf = new Shelf(pool);
    for (Map<String, String> product : products) {
      shelf.put(product.get(""), 1, ProductShelves.fields(product));
    }
    Object rows = part(shelf, "rows");
    double whole = size(shelf);
    double records = size(rows, part(shelf, "order"), pool);
    System.out.printf("maps of plain strings %.1f MB, of interned %.1f MB%n", plain, interned);
    System.out.printf(
        "shelf and pool without index %.2f MB: %.3f of plain (aim 0.25), %.3f of interned (aim"
            + " 0.7)%n",
        records, records / plain, records / interned);
    System.out.printf(
        "with the search index of %.2f MB: %.3f of plain, %.3f of interned%n",
        whole - records, whole / plain, whole / interned);
    System.out.printf(
        "a document: %.0f bytes; the pool: %.2f MB for %,d strings of %,d bytes, %.0f bytes beside"
            + " each; order of ids %.2f MB%n",
        records * 1e6 / products.size(),
        size(pool),
        pool.strings(),
        pool.bytes(),
        (size(pool) * 1e6 - pool.bytes()) / pool.strings(),
        size(part(shelf, "order")) - size(rows));
    System.out.println(
        "GROCERY "
            + shelf.count(List.of(new Match("department", "GROCERY")))
            + ", GROCERY and National "
            + shelf.count(
                List.of(new Match("department", "GROCERY"), new Match("brand", "National"))));
  }

  private static Map<String, Map<String, String>> maps(
      List<Map<String, String>> products, boolean interned) {
    Map<String, String> known = new HashMap<>();
    Map<String, Map<String, String>> maps = new HashMap<>();
    for (Map<String, String> product : products) {
      Map<String, String> map = new HashMap<>();
      product.forEach(
          (name, value) -> {
            if (!name.isEmpty()) {
              map.put(held(name, interned, known), held(value, interned, known));
            }
          });
      maps.put(new String(product.get("").toCharArray()), map);
    }
    return maps;
  }

  /// A string with bytes of its own, as a parser makes it; or the one that is known.
  private static String held(String string, boolean interned, Map<String, String> known) {
    String own = new String(string.toCharArray());
    return interned ? known.computeIfAbsent(own, s -> s) : own;
  }

  private static double size(Object... roots) {
    return GraphLayout.parseInstance(roots).totalSize() / 1e6;
  }

  private static Object part(Shelf shelf, String name) throws ReflectiveOperationException {
    Field field = Shelf.class.getDeclaredField(name);
    field.setAccessible(true);
    return field.get(shelf);
  }
}
