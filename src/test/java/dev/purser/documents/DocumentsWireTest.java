package dev.purser.documents;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Replaced;
import dev.purser.partitions.Condition;
import dev.purser.partitions.Outcome;
import dev.purser.partitions.Partition;
import dev.purser.testing.Frame;
import java.util.Collections;
import java.util.HashMap;
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

  /// 256 names and 1,024 values, each as long as a string may be.
  @Test
  void largest_always_fitAFrame() {
    Map<String, List<String>> map = new HashMap<>();
    for (int name = 0; name < 256; name++) {
      String text = "%06d".formatted(name) + "x".repeat(4_090);
      map.put(text, List.of("a" + text.substring(1), "b" + text.substring(1), "c", text));
    }
    byte[] fields = Fields.of(map).encoded();
    String id = "\ud83d\ude00".repeat(128);
    ActorRef<Partition.Reply> replies = KIT.createTestProbe(Partition.Reply.class).ref();
    ActorRef<DocumentAsk.Told> told = KIT.createTestProbe(DocumentAsk.Told.class).ref();
    for (Object message :
        List.of(
            new Apply(List.of(new DocumentChange.Put(id, fields, null)), true, 7, replies),
            new DocumentAsk.Told.One(5, fields),
            new Partition.Reply.Applied(List.of(new Outcome.Stored(5, true, fields, null))),
            new DocumentAsk.Find(
                Collections.nCopies(4_000, new Match("n", "v")), true, 5, id, told),
            new DocumentAsk.Told.Found(5, Collections.nCopies(1_001, id), true))) {
      Frame.assertHolds(KIT.system(), message);
    }
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
