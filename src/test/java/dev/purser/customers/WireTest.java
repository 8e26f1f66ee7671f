package dev.purser.customers;

import static dev.purser.customers.Samples.creditNote;
import static dev.purser.customers.Samples.preferences;
import static dev.purser.customers.Samples.profile;
import static dev.purser.customers.Samples.purchase;
import static dev.purser.customers.Samples.refund;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.customers.Customer.Condition;
import dev.purser.customers.Customer.Reply;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.FieldError;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Settle;
import dev.purser.ledger.Totals;
import dev.purser.testing.Frame;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Every message that may travel between nodes comes back from Jackson CBOR as it went.
final class WireTest {
  private static final ActorTestKit KIT = ActorTestKit.create(Samples.config(""));

  @AfterAll
  static void close() {
    KIT.shutdownTestKit();
  }

  private static Object there(Object message) {
    return KIT.serializationTestKit().verifySerialization(message, false);
  }

  @Test
  void commands_always_comeBackEqual() {
    ActorRef<Reply> replies = KIT.createTestProbe(Reply.class).ref();
    ActorRef<Customer.Seen> seen = KIT.createTestProbe(Customer.Seen.class).ref();
    Stream<Object> commands =
        Stream.concat(
            Stream.of(
                new Customer.Read(5, replies),
                new Customer.Look("x", 5, seen),
                new Customer.Stop()),
            conditions().map(c -> new Customer.Apply(changes(), c, true, 7, replies)));
    commands.forEach(c -> assertThat(there(c)).isEqualTo(c));
  }

  @Test
  void applied_always_comesBackEqual() {
    List<Outcome> outcomes =
        Stream.<Outcome>concat(
                Stream.of(
                    Outcome.ACCEPTED,
                    Outcome.DUPLICATE,
                    new Outcome.Settled(
                        true,
                        List.of(new Outcome.Sum("GBP", 2, 5)),
                        List.of(new Totals("GBP", 1, 9, 2, 0, 0, 5))),
                    new Outcome.Erased()),
                errors().map(Outcome.Refused::new))
            .toList();
    for (Profile p : List.of(Profile.absent("x"), profile("\u00e9\ud83d\ude00", 5))) {
      Reply applied = new Reply.Applied(outcomes, p, true);
      assertThat(there(applied)).isEqualTo(applied);
      assertThat(there(new Customer.Seen("x", applied))).isEqualTo(new Customer.Seen("x", applied));
    }
  }

  @Test
  void refused_always_comesBackEqual() {
    errors().map(e -> new Reply.Refused(e, true)).forEach(r -> assertThat(there(r)).isEqualTo(r));
  }

  @Test
  void read_always_comesBackWithItsBytes() {
    byte[] json = {1, 2, -3};
    Reply.Read read = new Reply.Read("a", 5, true, Customer.Source.CACHE, json);
    assertThat((Reply.Read) there(read)).usingRecursiveComparison().isEqualTo(read);
  }

  /// 64 preferences, names and values as long as a string may be, each character written as six
  /// bytes; totals in every currency; the most events of one batch.
  @Test
  void largest_always_fitAFrame() {
    ActorRef<Reply> replies = KIT.createTestProbe(Reply.class).ref();
    TreeMap<String, String> preferences = new TreeMap<>();
    for (int i = 0; i < Preferences.LIMIT; i++) {
      preferences.put("\u0001".repeat(4_090) + "%06d".formatted(i), "\u0001".repeat(4_096));
    }
    long most = (1L << 53) - 1;
    List<Totals> totals =
        Collections.nCopies(200, new Totals("GBP", most, most, most, most, most, most));
    Profile profile = new Profile("x".repeat(512), most, preferences, totals, most, most);
    byte[] json = ProfileJson.encode(profile, false);
    List<Outcome> outcomes = Collections.nCopies(10_000, Outcome.DUPLICATE);
    String id = "\ud83d\ude00".repeat(128);
    // 4 MiB of lines, 419 bytes each.
    List<Change> changes = Collections.nCopies(10_000, purchase("x".repeat(300), 1));
    Change given = new Preferences(true, false, new HashMap<>(preferences));
    for (Object message :
        List.of(
            new Customer.Apply(changes, null, true, 7, replies),
            new Customer.Apply(List.of(given), null, true, 7, replies),
            new Reply.Applied(outcomes, profile, true),
            new Reply.Read(id, most, false, Customer.Source.MEMORY, json),
            new Customer.Seen(id, new Reply.Read(id, most, false, Customer.Source.MEMORY, json)))) {
      Frame.assertHolds(KIT.system(), message);
    }
  }

  private static Stream<Condition> conditions() {
    return Stream.of(
        null,
        new Condition.Present(),
        new Condition.Absent(),
        new Condition.VersionIs(List.of(1L, 9_007_199_254_740_991L)));
  }

  private static List<Change> changes() {
    Map<String, String> removed = new HashMap<>();
    removed.put("tier", null);
    return List.of(
        purchase("p1", 9_007_199_254_740_991L),
        creditNote("r1", 1),
        refund("r2", "p1", 2),
        preferences("a", ""),
        new Preferences(true, false, removed),
        new Settle(null),
        new Settle("2011"),
        new Erase(true));
  }

  private static Stream<ServiceError> errors() {
    return Stream.concat(
        Arrays.stream(DatabaseCause.values()).map(c -> new ServiceError.Database(c, "m")),
        Stream.of(
            new ServiceError.PoolExhausted("m"),
            new ServiceError.Cache("m"),
            new ServiceError.Validation("m", List.of(new FieldError("f", "m"))),
            new ServiceError.NotFound("m"),
            new ServiceError.Conflict("m"),
            new ServiceError.Precondition("m"),
            new ServiceError.Overloaded("m"),
            new ServiceError.Timeout("m"),
            new ServiceError.Internal("m")));
  }
}
