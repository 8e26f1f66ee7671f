package dev.purser.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.faults.FieldError;
import dev.purser.ledger.EventJson.Event;
import dev.purser.ledger.EventJson.Reading;
import dev.purser.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EventJsonTest {
  private static final EventJson EVENTS =
      new EventJson("GBP", InstantSource.fixed(Instant.ofEpochMilli(1_000)));

  @Test
  void purchase_withRequiredFieldsOnly_getsDefaults() {
    Purchase purchase =
        value(EVENTS.purchase(json("{'id':'p','sku':'s','quantity':2,'amount_minor':3}")));
    assertThat(purchase)
        .isEqualTo(
            new Purchase(
                "p", "s", null, 2, 3, "GBP", 1_000_000, Given.SKU | Given.QUANTITY, Map.of()));
  }

  @Test
  void refund_withEveryField_read() {
    Refund refund =
        value(
            EVENTS.refund(
                json(
                    "{'id':'r','purchase_id':'p','sku':'s','description':'d','quantity':1,"
                        + "'amount_minor':9007199254740991,'currency':'EUR','reason':'x',"
                        + "'at':'1970-01-01T00:00:01Z'}")));
    assertThat(refund)
        .isEqualTo(
            new Refund(
                "r", "p", "s", "d", 1L, Money.MAX_MINOR, "EUR", "x", 1_000_000, 127, Map.of()));
  }

  @Test
  void purchase_wrongInManyWays_namesEveryField() {
    var body =
        json(
            "{'id':'','sku':1,'description':[],'quantity':0,'amount_minor':1.0,'currency':'XQX',"
                + "'at':'today','amout':1}");
    assertThat(errors(EVENTS.purchase(body)))
        .extracting(FieldError::field)
        .containsExactly(
            "id", "sku", "description", "quantity", "amount_minor", "currency", "at", "amout");
  }

  @Test
  void events_nullsAndReadOnlyFields_asIfTheyWereNotSent() {
    String purchase =
        "'id':'p','sku':'s','quantity':2,'amount_minor':3,'at':'1970-01-01T00:00:01Z'";
    Purchase bare = value(EVENTS.purchase(json("{" + purchase + "}")));
    String read = purchase + ",'description':null,'currency':null,'refunded_minor':7";
    assertThat(value(EVENTS.purchase(json("{" + read + "}")))).isEqualTo(bare);
    assertThat(
            value(EVENTS.event(json("{'type':'purchase','customer_id':'c'," + read + "}"), false)))
        .isEqualTo(new EventJson.Event("c", bare));

    String refund = "'id':'r','amount_minor':3,'at':'1970-01-01T00:00:01Z'";
    Refund less = value(EVENTS.refund(json("{" + refund + "}")));
    String nulls =
        refund
            + ",'purchase_id':null,'sku':null,'description':null,'quantity':null,'reason':null,"
            + "'state':'settled'";
    assertThat(value(EVENTS.refund(json("{" + nulls + "}")))).isEqualTo(less);
    assertThat(
            value(EVENTS.event(json("{'type':'refund','customer_id':'c'," + nulls + "}"), false)))
        .isEqualTo(new EventJson.Event("c", less));

    assertThat(
            errors(EVENTS.purchase(json("{'id':null,'sku':'s','quantity':null,'amount_minor':1}"))))
        .containsExactly(
            new FieldError("id", "is required"), new FieldError("quantity", "is required"));
  }

  @Test
  void purchase_empty_namesTheRequired() {
    assertThat(errors(EVENTS.purchase(json("{}"))))
        .containsExactly(
            new FieldError("id", "is required"),
            new FieldError("sku", "is required"),
            new FieldError("quantity", "is required"),
            new FieldError("amount_minor", "is required"));
    assertThat(errors(EVENTS.purchase(json("[]"))))
        .containsExactly(new FieldError("body", "must be a JSON object"));
  }

  @ParameterizedTest
  @CsvSource({
    "0",
    "-1",
    "1.0",
    "1e2",
    "9007199254740992",
    "99999999999999999999",
    "true",
    "null",
    "'\"1\"'",
    "[]"
  })
  void amount_notAnIntegerOfTheRange_refused(String amount) {
    var body = json("{'id':'p','sku':'s','quantity':1,'amount_minor':" + amount + "}");
    assertThat(errors(EVENTS.purchase(body)))
        .extracting(FieldError::field)
        .containsExactly("amount_minor");
  }

  @Test
  void preferences_judged_byNameAndValue() {
    assertThat(errors(EVENTS.profile(json("{'preferences':{'a':null,'b':1,'c':'x'}}"))))
        .extracting(FieldError::field)
        .containsExactly("preferences.a", "preferences.b");
    assertThat(value(EVENTS.patch(json("{'preferences':{'a':null,'c':''}}"))).values())
        .containsEntry("a", null)
        .containsEntry("c", "");
    assertThat(value(EVENTS.patch(json("{}"))).values()).isEmpty();
    assertThat(errors(EVENTS.patch(json("{'preferences':null}")))).hasSize(1);
    assertThat(errors(EVENTS.profile(json("{}"))))
        .extracting(FieldError::field)
        .containsExactly("preferences");
    assertThat(errors(EVENTS.profile(json("{'preferences':{'\\u0000':'x'}}")))).hasSize(1);
  }

  @Test
  void preferences_moreThanTheLimit_refused() {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    ObjectNode preferences = body.putObject("preferences");
    for (int i = 0; i < 64; i++) {
      preferences.put("n" + i, "v");
    }
    assertThat(value(EVENTS.profile(body)).values()).hasSize(64);
    preferences.put("one too many", "v");
    assertThat(errors(EVENTS.profile(body)))
        .extracting(FieldError::field)
        .containsExactly("preferences");
  }

  @Test
  void profile_sentBackAsRead_accepted() {
    var body =
        json(
            "{'id':'c','version':3,'preferences':{'a':'b'},'totals':[],'first_purchase_at':null,"
                + "'last_purchase_at':null,'stale':false}");
    assertThat(value(EVENTS.profile(body)))
        .isEqualTo(new Preferences(true, true, Map.of("a", "b")));
  }

  @Test
  void lines_ofEachType_read() {
    Event purchase =
        value(
            EVENTS.event(
                json(
                    "{'type':'purchase','customer_id':'c','id':'p','sku':'s','quantity':1,'amount_minor':1}"),
                false));
    assertThat(purchase.customer()).isEqualTo("c");
    assertThat(purchase.change()).isInstanceOf(Purchase.class);
    assertThat(
            value(
                    EVENTS.event(
                        json("{'type':'preferences','customer_id':'c','preferences':{}}"), false))
                .change())
        .isEqualTo(new Preferences(false, true, Map.of()));
    assertThat(
            value(
                    EVENTS.event(
                        json("{'type':'refund','customer_id':'c','id':'r','amount_minor':1}"),
                        false))
                .change())
        .isInstanceOf(Refund.class);
  }

  @ParameterizedTest
  @CsvSource({"document", "vector", "purchases", "''"})
  void lines_ofOtherTypes_refusedByType(String type) {
    assertThat(errors(EVENTS.event(json("{'type':'" + type + "','id':'d'}"), false)))
        .extracting(FieldError::field)
        .containsExactly("type");
  }

  @Test
  void lines_withUnknownFields_refusedOrCounted() {
    var line =
        json("{'type':'refund','customer_id':'c','id':'r','amount_minor':1,'x':1,'y':{'z':1}}");
    assertThat(errors(EVENTS.event(line, false)))
        .extracting(FieldError::field)
        .containsExactly("x", "y");
    assertThat(EVENTS.event(line, true))
        .isInstanceOfSatisfying(
            Reading.Good.class, good -> assertThat(good.ignoredFields()).isEqualTo(2));
  }

  @Test
  void naughtyStrings_asTexts_readByteForByte() throws IOException {
    JsonNode naughty =
        new ObjectMapper().readTree(Files.readAllBytes(SharedData.at("naughty/blns.json")));
    assertThat(naughty).hasSize(515);
    for (JsonNode string : naughty) {
      ObjectNode body = (ObjectNode) json("{'id':'p','quantity':1,'amount_minor':1}");
      body.set("sku", string);
      body.set("description", string);
      Purchase read = value(EVENTS.purchase(parsed(body.toString().getBytes(UTF_8))));
      assertThat(read.sku()).isEqualTo(string.textValue()).isEqualTo(read.description());
    }
  }

  private static JsonNode json(String singleQuoted) {
    return parsed(singleQuoted.replace('\'', '"').getBytes(UTF_8));
  }

  private static JsonNode parsed(byte[] bytes) {
    try {
      return StrictJson.parse(bytes);
    } catch (StrictJson.NotJson e) {
      throw new AssertionError(e);
    }
  }

  private static <T> T value(Reading<T> reading) {
    return switch (reading) {
      case Reading.Good<T> good -> good.value();
      case Reading.Bad<T> bad -> throw new AssertionError(bad.errors());
    };
  }

  private static List<FieldError> errors(Reading<?> reading) {
    assertThat(reading).isInstanceOf(Reading.Bad.class);
    return ((Reading.Bad<?>) reading).errors();
  }
}
