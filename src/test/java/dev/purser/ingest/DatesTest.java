package dev.purser.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.ingest.Verdict.Event;
import dev.purser.ingest.Verdict.Rejected;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Timestamps;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DatesTest {
  private static final String PROFILE = "profiles.online-retail.";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "uuuu-MM-dd HH:mm:ss xx|2024-01-15 23:30:00 -0500|2024-01-16T04:30:00",
        "uuuu-MM-dd HH:mm:ss xx|2024-01-15 23:30:00 +0000|2024-01-15T23:30:00",
        "uuuu-MM-dd HH:mm:ss xxx|2024-01-15 23:30:00 +05:30|2024-01-15T18:00:00",
        "uuuu-MM-dd HH:mm:ssX|2024-01-15 23:30:00-05|2024-01-16T04:30:00",
        "uuuu-MM-dd HH:mm:ssX|2024-01-15 23:30:00Z|2024-01-15T23:30:00",
        "uuuu-MM-dd HH:mm:ssXXX|2024-01-15 23:30:00-05:00|2024-01-16T04:30:00",
        "uuuu-MM-dd HH:mm:ss Z|2024-01-15 23:30:00 -0500|2024-01-16T04:30:00",
        "uuuu-MM-dd HH:mm:ss ZZZZZ|2024-01-15 23:30:00 -05:00|2024-01-16T04:30:00",
        "uuuu-MM-dd HH:mm:ss O|2024-01-15 23:30:00 GMT-5|2024-01-16T04:30:00",
        "uuuu-MM-dd HH:mm:ss VV|2024-01-15 23:30:00 America/New_York|2024-01-16T04:30:00",
        "uuuu-MM-dd HH:mm:ss VV|2024-07-15 23:30:00 America/New_York|2024-07-16T03:30:00",
        // Of a repeated hour the offset says which, whatever the rule is.
        "uuuu-MM-dd HH:mm:ss xx '['VV']'|2024-11-03 01:30:00 -0500"
            + " [America/New_York]|2024-11-03T06:30:00",
        "uuuu-MM-dd HH:mm:ss[ xx]|2024-01-15 23:30:00 -0500|2024-01-16T04:30:00",
        "uuuu-MM-dd HH:mm:ss[ xx]|2024-01-15 23:30:00|2024-01-15T22:30:00",
        "uuuu-MM-dd HH:mm:ss|2024-07-15 23:30:00|2024-07-15T21:30:00",
        "uuuu-MM-dd|2024-01-15|2024-01-14T23:00:00",
        "dd.MM.uuuu|15.07.2024|2024-07-14T22:00:00",
        "uuuu-MM-dd xxx|2024-01-15 -05:00|2024-01-15T05:00:00",
        "uuuu-MM-dd 'zv' xxx|2024-01-15 zv -05:00|2024-01-15T05:00:00",
        "uuuu-MM-dd VV|2024-01-15 America/New_York|2024-01-15T05:00:00",
        "uuuu-MM-dd[ HH:mm]|2024-01-15|2024-01-14T23:00:00",
        "yyyy-MM-dd HH:mm|2024-01-15 12:00|2024-01-15T11:00:00",
        "dd/MM/uuuu hh:mm a|15/01/2024 11:30 PM|2024-01-15T22:30:00",
        "dd MMM uuuu|15 Jan 2024|2024-01-14T23:00:00",
      })
  void date_ofAPattern_isTheInstantThatItSays(String pattern, String date, String utc) {
    Line line = read("date-formats = [\"" + pattern + "\"], zone = Europe/Berlin", date);
    assertThat(at(line)).isEqualTo(utc + ".000000Z");
    assertThat(line.clockChange()).isFalse();
  }

  /// Berlin: no 02:30 on 2024-03-31, and two on 2024-10-27.
  @ParameterizedTest
  @CsvSource({
    "2024-03-31 02:30:00, before, 2024-03-31T01:30:00",
    "2024-03-31 02:30:00, after, 2024-03-31T00:30:00",
    "2024-10-27 02:30:00, before, 2024-10-27T00:30:00",
    "2024-10-27 02:30:00, after, 2024-10-27T01:30:00",
  })
  void localTime_ofAClockChange_readByTheRule(String date, String rule, String utc) {
    Line line = read("zone = Europe/Berlin, clock-change = " + rule, date);
    assertThat(at(line)).isEqualTo(utc + ".000000Z");
    assertThat(line.clockChange()).isTrue();
  }

  @Test
  void localTime_ofAClockChange_refusedIfTheRuleSaysSo() {
    String keys = "zone = Europe/Berlin, clock-change = refuse";
    Rejected why = (Rejected) read(keys, "2024-10-27 02:30:00").verdict();
    assertThat(why.reason()).isEqualTo("invalid");
    assertThat(why.message()).contains("InvoiceDate").contains("clock change");
    assertThat(at(read(keys, "2024-10-27 03:30:00"))).isEqualTo("2024-10-27T02:30:00.000000Z");
  }

  @Test
  void localTime_ofAClockChange_readAsBeforeWithoutARule() {
    Line line = read("zone = Europe/Berlin, clock-change = null", "2024-10-27 02:30:00");
    assertThat(at(line)).isEqualTo("2024-10-27T00:30:00.000000Z");
  }

  /// In São Paulo the clocks went forward at midnight.
  @Test
  void dateAlone_ofADayWithoutMidnight_isItsFirstInstant() {
    Line line = read("zone = America/Sao_Paulo, date-formats = [uuuu-MM-dd]", "2018-11-04");
    assertThat(at(line)).isEqualTo("2018-11-04T03:00:00.000000Z");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HH:mm|does not say a date",
        "uuuu-MM|does not say a date",
        "uuuu-MM-dd hh:mm|does not say the time",
        "uuuu-MM-dd mm|does not say the time",
        "b|is not a pattern",
        "d MMM uuuu HH:mm z|names a time zone",
        "uuuu-MM-dd HH:mm zzzz|names a time zone",
        "uuuu-MM-dd HH:mm[ v]|names a time zone",
        "uuuu-MM-dd'T'HH:mm z|names a time zone",
      })
  void pattern_thatNoDateFits_refused(String pattern, String why) {
    assertThatThrownBy(() -> settings("date-formats = [\"" + pattern + "\"]"))
        .hasMessageContaining(PROFILE + "date-formats: " + pattern + " " + why);
  }

  @Test
  void rule_unknown_refused() {
    assertThatThrownBy(() -> settings("clock-change = later"))
        .hasMessageContaining(PROFILE + "clock-change: later is neither");
  }

  private static String at(Line line) {
    Event event = (Event) line.verdict();
    return Timestamps.format(((Purchase) event.change()).atMicros());
  }

  private static Line read(String keys, String date) {
    CsvProfile profile = settings(keys).profiles().get("online-retail");
    var opened = CsvReader.open(profile, Block.of(Samples.HEADER, 1), 0, 1 << 20);
    CsvReader reader = ((CsvReader.Opened.Ready) opened).reader();
    return reader.read(Block.of("1,s,d,1," + date + ",1.0,17,F", 2)).getFirst();
  }

  private static IngestSettings settings(String keys) {
    return Samples.settings("profiles.online-retail { " + keys + " }");
  }
}
