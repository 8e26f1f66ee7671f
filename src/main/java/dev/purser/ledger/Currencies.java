package dev.purser.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

/// The currencies of ISO 4217, by the standard's own lists and not by those of the JDK, which lag
/// behind it and differ from release to release. Immutable.
///
/// Both lists may be used: the current currencies and funds, precious metals among them, and the
/// historic ones, as shops load what they sold before a currency was withdrawn. The two codes that
/// stand for no money at all are left out.
public final class Currencies {
  private static final Map<String, Integer> DIGITS = read();

  private Currencies() {}

  /// Whether amounts may be in this currency.
  public static boolean known(String code) {
    return DIGITS.containsKey(code);
  }

  /// The digits of the currency's minor unit. None for those without one (gold, special drawing
  /// rights), whose amounts are in whole units, and for a code that is not known: stored events
  /// keep the code they came with.
  public static int digits(String code) {
    return DIGITS.getOrDefault(code, 0);
  }

  private static Map<String, Integer> read() {
    try (InputStream in = Currencies.class.getResourceAsStream("iso4217.csv")) {
      if (in == null) {
        throw new IllegalStateException("iso4217.csv is missing from the class path");
      }
      Map<String, Integer> digits = new HashMap<>();
      new BufferedReader(new InputStreamReader(in, UTF_8))
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(",", -1))
          .forEach(row -> digits.put(row[0], row[1].isEmpty() ? 0 : Integer.parseInt(row[1])));
      return Map.copyOf(digits);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
