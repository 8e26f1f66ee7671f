package dev.purser.documents;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Replaced;
import dev.purser.partitions.Condition;
import dev.purser.partitions.Outcome;
import dev.purser.partitions.Partition;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Every message of documents that may travel between nodes comes back from Jackson CBOR as it
/// went.
final class DocumentsWireTest {
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          ConfigFactory.parseString(
                  """
                  pekko.actor.allow-java-serialization = off
                  pekko.actor.serialization-bindings { "dev.purser.cluster.Wire" = jackson-cbor }
                  """)
              .withFallback(ConfigFactory.load()));

  @AfterAll
  static void close() {
    KIT.shutdownTestKit();
  }

  private static <T> void comesBack(T message) {
    Object there = KIT.serializationTestKit().verifySerialization(message, false);
    assertThat(there).usingRecursiveComparison().isEqualTo(message);
    assertThat(there).hasSameClassAs(message);
  }

  @Test
  void changes_always_comeBackAsTheyWent() {
    ActorRef<Partition.Reply> replies = KIT.createTestProbe(Partition.Reply.class).ref();
    byte[] fields = Fields.of(Map.of("\u00e9\ud83d\ude00", List.of("", "x"))).encoded();
    comesBack(
        new Apply(
            List.of(
                new DocumentChange.Put("a", fields, null),
                new DocumentChange.Put("b", fields, new Condition.Absent()),
                new DocumentChange.Append("c", "", "v", new Condition.Present()),
                new DocumentChange.Delete("d", new Condition.VersionIs(List.of(1L, 1L << 52)))),
            true,
            7,
            replies));
  }

  @Test
  void questionsAndAnswers_always_comeBackAsTheyWent() {
    ActorRef<DocumentAsk.Told> told = KIT.createTestProbe(DocumentAsk.Told.class).ref();
    comesBack(new DocumentAsk.Get("a", told));
    comesBack(new DocumentAsk.Find(List.of(new Match("", "v")), true, 5, null, told));
    comesBack(new DocumentAsk.Find(List.of(), false, 5, "after", told));
    comesBack(new DocumentAsk.Told.One(0, null));
    comesBack(new DocumentAsk.Told.One(5, new byte[] {1, -1}));
    comesBack(new DocumentAsk.Told.Found(-1, List.of("a", ""), true));
    comesBack(new DocumentAsk.Told.NotTold(new ServiceError.Overloaded("m")));
  }

  @Test
  void replies_always_comeBackAsTheyWent() {
    comesBack(
        new Partition.Reply.Applied(
            List.of(
                new Outcome.Stored(5, true, new byte[] {1}, null),
                new Outcome.Stored(5, false, null, new Replaced(1, 2)),
                new Outcome.Same(6, null),
                new Outcome.Removed(),
                new Outcome.Refused(new ServiceError.NotFound("m")))));
    comesBack(new Partition.Reply.Refused(new ServiceError.Timeout("m"), true));
  }
}
