package dev.purser.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Currency;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RulesTest {

  @Test
  void ids_atTheirBounds_judgedByCodePoints() {
    assertThat(Rules.whyNotId("😀".repeat(128))).isNull();
    assertThat(Rules.whyNotId("😀".repeat(129))).contains("128");
    assertThat(Rules.whyNotId("...")).isNull();
    assertThat(Rules.whyNotId("a/b c")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "..", "a\u0000", "a\nb", "\u0085", "\u007f", "\ud800", "\udc00x"})
  void ids_forbidden_refused(String id) {
    assertThat(Rules.whyNotId(id)).isNotNull();
  }

  @Test
  void texts_atTheirBounds_judgedByBytes() {
    assertThat(Rules.whyNotText("")).isNull();
    assertThat(Rules.whyNotText("x".repeat(4096))).isNull();
    assertThat(Rules.whyNotText("x".repeat(4097))).contains("4096");
    assertThat(Rules.whyNotText("é".repeat(2048))).isNull();
    assertThat(Rules.whyNotText("é".repeat(2049))).isNotNull();
    assertThat(Rules.whyNotText("😀".repeat(1024))).isNull();
    assertThat(Rules.whyNotText("😀".repeat(1024) + "x")).isNotNull();
    assertThat(Rules.whyNotText("\u0001\n")).isNull();
    assertThat(Rules.whyNotText("a\u0000")).contains("U+0000");
    assertThat(Rules.whyNotText("a\ud83d")).contains("surrogate");
  }

  @Test
  void currencies_knownOrNot_judged() {
    assertThat(Rules.whyNotCurrency("GBP")).isNull();
    assertThat(Rules.whyNotCurrency("gbp")).isNotNull();
    assertThat(Rules.whyNotCurrency("GB")).isNotNull();
    assertThat(Rules.whyNotCurrency("ZZZ")).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({"UYW,4", "XAU,0", "XDR,0", "XCG,2", "ZWG,2", "SLE,2", "VED,2", "JPY,0", "CLF,4"})
  void currencies_ofTheStandard_allowedWithItsDigits(String code, int digits) {
    assertThat(Rules.whyNotCurrency(code)).isNull();
    assertThat(Currencies.digits(code)).isEqualTo(digits);
  }

  @ParameterizedTest
  @ValueSource(strings = {"XXX", "XTS", "XXY", "", "GBPX", "#"})
  void currencies_ofNoMoney_refused(String code) {
    assertThat(Rules.whyNotCurrency(code)).isNotNull();
  }

  /// What earlier versions took by the JDK's list is counted as it was: stored events keep it.
  @Test
  void currencies_ofTheJdk_haveTheSameDigits() {
    for (Currency c : Currency.getAvailableCurrencies()) {
      String code = c.getCurrencyCode();
      assertThat(Currencies.digits(code))
          .as(code)
          .isEqualTo(Math.max(0, c.getDefaultFractionDigits()));
      boolean money = !code.equals("XXX") && !code.equals("XTS");
      assertThat(Currencies.known(code)).as(code).isEqualTo(money);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1970-01-01T00:00:00Z,0",
    "1970-01-01T00:00:00.000001Z,1",
    "1970-01-01T00:00:00.0000019z,1",
    "1970-01-01t01:00:00.5+01:00,500000",
    "1970-01-01T00:00:00-00:00,0",
    "2010-12-01T08:26:00Z,1291191960000000",
    "9999-12-31T23:59:59.999999Z,253402300799999999",
    "2016-12-31T23:59:60Z,1483228800000000",
    "2017-01-01T05:29:60+05:30,1483228800000000",
  })
  void times_ofTheRfc_read(String text, long micros) {
    assertThat(Timestamps.parse(text)).hasValue(micros);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2010-12-01",
        "2010-12-01T08:26Z",
        "2010-12-01T08:26:00",
        "2010-12-01 08:26:00Z",
        "2010-12-01T08:26:00.Z",
        "2010-12-01T08:26:00+0100",
        "2010-12-01T08:26:00+24:00",
        "2010-12-01T08:26:00Z ",
        "2010-02-29T00:00:00Z",
        "2010-13-01T00:00:00Z",
        "2010-12-01T24:00:00Z",
        "2010-12-01T08:60:00Z",
        "2010-12-01T08:26:60Z",
        "2010-12-01T08:26:61Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
        "2010-12-01T08:26:00.5",
        "２010-12-01T08:26:00Z"
      })
  void times_ofNoRfc_refused(String text) {
    assertThat(Timestamps.parse(text)).isEmpty();
  }

  @Test
  void times_formatted_readBack() {
    assertThat(Timestamps.format(1_291_191_960_000_001L)).isEqualTo("2010-12-01T08:26:00.000001Z");
    assertThat(Timestamps.format(0)).isEqualTo("1970-01-01T00:00:00.000000Z");
    assertThat(Timestamps.parse(Timestamps.format(253_402_300_799_999_999L)))
        .hasValue(253_402_300_799_999_999L);
  }
}
