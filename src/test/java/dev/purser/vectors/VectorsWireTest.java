package dev.purser.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.purser.ledger.Replaced;
import dev.purser.partitions.Outcome;
import dev.purser.partitions.Partition;
import dev.purser.testing.Frame;
import java.io.File;
import java.util.Collections;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// The largest messages of vectors, spaces and tastes that the limits allow can be sent.
final class VectorsWireTest {
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          ConfigFactory.parseString(
                  """
                  pekko.actor.allow-java-serialization = off
                  pekko.actor.serialization-bindings { "dev.purser.cluster.Wire" = jackson-cbor }
                  """)
              .withFallback(ConfigFactory.load()));

  /// 128 characters of four bytes.
  private static final String ID = "\ud83d\ude00".repeat(128);

  private static final long GENERATION = Long.MAX_VALUE;

  @AfterAll
  static void close() {
    KIT.shutdownTestKit();
  }

  private static void fits(Object message) {
    Frame.assertHolds(KIT.system(), message);
  }

  private static <T> List<T> many(int count, T each) {
    return Collections.nCopies(count, each);
  }

  @Test
  void vectors_atTheirLimits_fitAFrame() {
    ActorRef<Partition.Reply> replies = KIT.createTestProbe(Partition.Reply.class).ref();
    ActorRef<VectorAsk.Told> told = KIT.createTestProbe(VectorAsk.Told.class).ref();
    byte[] longest = FloatBytes.encoded(new float[FloatBytes.MOST]);
    VectorChange put = new VectorChange.Put(VectorKey.of(ID, ID), GENERATION, longest);
    fits(new VectorChange.Apply(many((4 << 20) / put.weight(), put), true, 1, replies));
    // 10,000 events of a batch, whose weight is 4 MiB at most.
    VectorChange small = new VectorChange.Put(VectorKey.of("s", "100"), GENERATION, new byte[400]);
    fits(new VectorChange.Apply(many(10_000, small), true, 1, replies));
    fits(new VectorAsk.Find(ID, GENERATION, Metric.EUCLIDEAN, longest, 1_000, 1, told));
    fits(new VectorAsk.Told.One(longest));
    fits(new VectorAsk.Told.Found(many(1_001, new Neighbour(ID, 0.1))));
    fits(new VectorAsk.Told.Sealed(many(500, ID)));
    fits(
        new VectorAsk.Told.Counted(
            many(SpacesSettings.MOST_SPACES, new VectorAsk.Size(ID, GENERATION, GENERATION))));
    Replaced replaced = new Replaced(Long.MIN_VALUE, Long.MIN_VALUE);
    fits(
        new Partition.Reply.Applied(
            many(10_000, new Outcome.Stored(1L << 52, false, null, replaced))));
  }

  @Test
  void spaces_atTheirLimits_fitAFrame() {
    SpaceAsk.Named named = new SpaceAsk.Named(ID, new SpaceRecord(4_096, GENERATION, false));
    fits(new SpaceAsk.Told.Known(many(SpacesSettings.MOST_SPACES, named)));
  }

  @Test
  void tastes_atTheirLimits_fitAFrame() {
    ActorRef<Partition.Reply> replies = KIT.createTestProbe(Partition.Reply.class).ref();
    byte[] sums = new byte[TasteSums.DIMENSION * 9];
    TasteChange add = new TasteChange.Add(ID, 1L << 52, 1L << 52, sums);
    fits(new TasteChange.Apply(many(1_000, add), true, 1, replies));
    fits(new VectorAsk.Told.Versions(many(10_000, new VectorAsk.Version(ID, 1L << 52))));
  }

  @Test
  void limits_beyondAFrame_areRefused() {
    assertThat(reasons("partition-spaces = 5001").toString()).contains("10000 spaces");
    assertThat(reasons("taste.batch = 1001")).isNotEmpty();
    assertThat(reasons("taste.page = 10001")).isNotEmpty();
    assertThat(reasons("")).isEmpty();
  }

  private static List<String> reasons(String override) {
    var config =
        ConfigFactory.parseString("purser.spaces { " + override + " }")
            .withFallback(ConfigFactory.parseFile(new File("conf/spaces.conf")))
            .resolve();
    var keys = new dev.purser.config.Keys(config.getConfig("purser"));
    SpacesSettings.read(keys.at("spaces"));
    return keys.reasons();
  }
}
