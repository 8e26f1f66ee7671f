package dev.purser.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.faults.ServiceError;
import dev.purser.partitions.Holding;
import dev.purser.partitions.Holding.Decided;
import dev.purser.partitions.Partition;
import dev.purser.vectors.VectorAsk.Told;
import java.io.File;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What a partition of vectors does while its blocks are lent, with workers that work when they are
/// told.
class VectorHoldingTest {
  private static ActorTestKit kit;
  private final Deque<Runnable> work = new ArrayDeque<>();
  private final TestProbe<Partition.Command> self = kit.createTestProbe();
  private final TestProbe<Told> caller = kit.createTestProbe();
  private final Allowance allowance = new Allowance(100_000);
  private long nowMillis = 1_000;
  private final Holding<VectorChange, VectorDraft> holding =
      new VectorHolding.VectorKind(
              allowance,
              new Passes.Tools(
                  settings(),
                  new SimdRowKernels(),
                  work::add,
                  () -> Instant.ofEpochMilli(nowMillis)))
          .open(self.ref());

  @BeforeAll
  static void start() {
    kit = ActorTestKit.create();
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  private static SpacesSettings settings() {
    var config =
        ConfigFactory.parseString("purser.spaces { waiting = 4, together = 3, workers = 2 }")
            .withFallback(ConfigFactory.parseFile(new File("conf/spaces.conf")))
            .resolve();
    Keys keys = new Keys(config.getConfig("purser"));
    SpacesSettings settings = SpacesSettings.read(keys.at("spaces"));
    assertThat(keys.reasons()).isEmpty();
    return settings;
  }

  private void save(String id, long version, float... values) {
    String key = VectorKey.of("s", id);
    var decided =
        holding.decide(
            VectorChange.put("s", id, values).of(1), holding.content(key), holding.version(key));
    switch (decided) {
      case Decided.Put<VectorDraft>(VectorDraft draft) -> holding.put(key, version, draft);
      case Decided.Same<VectorDraft> _ -> {}
      default -> throw new AssertionError(decided);
    }
  }

  private void find(float... vector) {
    findUntil(Long.MAX_VALUE, vector);
  }

  private void findUntil(long deadline, float... vector) {
    holding.answer(
        new VectorAsk.Find(
            "s", 1, Metric.EUCLIDEAN, FloatBytes.encoded(vector), 5, deadline, caller.ref()));
  }

  /// Lets the workers do what they have, and tells the holding that the pass has ended.
  private void endPass() {
    while (!work.isEmpty()) {
      work.removeFirst().run();
    }
    holding.answer((VectorAsk.Passed) self.receiveMessage());
  }

  private List<String> found() {
    return caller.expectMessageClass(Told.Found.class).neighbours().stream()
        .map(Neighbour::id)
        .toList();
  }

  private void assertRefused(Class<? extends ServiceError> error) {
    assertThat(caller.expectMessageClass(Told.NotTold.class).error()).isInstanceOf(error);
  }

  @Test
  void changes_duringAPass_areReadAtOnceAndFoundByTheNext() {
    save("a", 1, 1, 1);
    save("b", 2, 2, 2);
    find(0, 0);
    save("a", 3, 5, 5);
    save("c", 4, 0, 1);
    holding.remove(VectorKey.of("s", "b"));
    save("d", 5, 9, 9);
    holding.remove(VectorKey.of("s", "d"));

    assertThat(holding.version(VectorKey.of("s", "a"))).isEqualTo(3);
    assertThat(holding.content(VectorKey.of("s", "a")).values()).containsExactly(5, 5);
    assertThat(holding.version(VectorKey.of("s", "b"))).isZero();
    assertThat(holding.content(VectorKey.of("s", "b"))).isNull();
    holding.answer(new VectorAsk.Sizes(caller.ref()));
    assertThat(caller.expectMessageClass(Told.Counted.class).sizes())
        .containsExactly(new VectorAsk.Size("s", 1, 2));
    find(0, 0);

    endPass();
    assertThat(found()).as("as it was when the pass began").containsExactly("a", "b");
    endPass();
    assertThat(found()).containsExactly("c", "a");
  }

  @Test
  void searches_duringAPass_shareTheNext() {
    save("a", 1, 1, 1);
    find(0, 0);
    find(1, 1);
    find(2, 2);
    find(3, 3);
    find(4, 4);
    find(5, 5); // beyond the four that may wait
    assertRefused(ServiceError.Overloaded.class);
    endPass();
    assertThat(found()).containsExactly("a");
    assertThat(work).as("three together make one pass").hasSize(1);
    endPass();
    assertThat(List.of(found(), found(), found())).containsOnly(List.of("a"));
    endPass();
    assertThat(found()).containsExactly("a");
    assertThat(work).isEmpty();
    caller.expectNoMessage(Duration.ZERO);
  }

  @Test
  void searches_pastTheirDeadline_areToldSo() {
    save("a", 1, 1, 1);
    findUntil(2_000, 0, 0);
    findUntil(2_000, 0, 0);
    find(0, 0);
    nowMillis = 2_000;
    endPass();
    assertRefused(ServiceError.Timeout.class);
    assertRefused(ServiceError.Timeout.class);
    endPass();
    assertThat(found()).containsExactly("a");
  }

  @Test
  void memory_usedUp_refusesNewVectorsAlone() {
    int stored = 0;
    while (true) {
      String key = VectorKey.of("s", "id-" + stored);
      var decided =
          holding.decide(VectorChange.put("s", "id-" + stored, new float[128]).of(1), null, 0);
      if (!(decided instanceof Decided.Put<VectorDraft>(VectorDraft draft))) {
        assertThat(((Decided.Refuse<VectorDraft>) decided).error())
            .isInstanceOf(ServiceError.Overloaded.class);
        break;
      }
      holding.put(key, 1, draft);
      stored++;
    }
    assertThat(stored).isBetween(64, 170);
    save("id-0", 2, new float[128]);
    save("id-0", 3, filled(128));
    assertThat(holding.version(VectorKey.of("s", "id-0"))).isEqualTo(3);
    holding.close();
    assertThat(allowance.taken()).isZero();
  }

  private static float[] filled(int length) {
    float[] values = new float[length];
    Arrays.fill(values, 1);
    return values;
  }

  @Test
  void drafts_givenUp_giveTheirMemoryBack() {
    for (int i = 0; i < 1_000; i++) {
      var decided = holding.decide(VectorChange.put("s", "a", new float[4096]).of(1), null, 0);
      holding.discard(((Decided.Put<VectorDraft>) decided).draft());
    }
    assertThat(allowance.taken()).isZero();
  }

  @Test
  void closing_duringAPass_refusesAllAndGivesAllBack() {
    save("a", 1, 1, 1);
    find(0, 0);
    find(0, 0);
    save("b", 2, 2, 2);
    holding.close();
    assertRefused(ServiceError.Overloaded.class);
    assertRefused(ServiceError.Overloaded.class);
    assertThat(allowance.taken()).isZero();
    endPass(); // the workers come too late, and nobody minds
    caller.expectNoMessage(Duration.ZERO);
  }

  /// A vector of an earlier space of the same name, left by a write that overtook the deletion.
  @Test
  void vectors_ofAnEarlierGeneration_areHiddenAndCanBeWrittenAnew() {
    save("a", 1, 1, 1);
    var later = holding.decide(VectorChange.put("s", "b", new float[3]).of(2), null, 0);
    holding.put(VectorKey.of("s", "b"), 5, ((Decided.Put<VectorDraft>) later).draft());

    assertThat(holding.content(VectorKey.of("s", "a"))).isNull();
    assertThat(holding.version(VectorKey.of("s", "a"))).as("for the fence").isEqualTo(1);
    find(0, 0);
    assertThat(found()).isEmpty();
    holding.load(VectorKey.of("s", "c"), 7, new VectorDraft(1, new float[] {1, 1}, 0).encoded());
    assertThat(holding.content(VectorKey.of("s", "c"))).isNull();
    assertThat(holding.version(VectorKey.of("s", "c"))).isEqualTo(7);
    assertThat(holding.decide(VectorChange.put("s", "a", new float[2]).of(1), null, 1))
        .isInstanceOf(Decided.Refuse.class);
  }

  @Test
  void space_sealed_takesNothingMore() {
    save("a", 1, 1, 1);
    holding.answer(new VectorAsk.Seal("s", 1, 10, caller.ref()));
    assertThat(caller.expectMessageClass(Told.Sealed.class).ids()).containsExactly("a");
    assertThat(holding.decide(VectorChange.put("s", "b", new float[2]).of(1), null, 0))
        .isInstanceOf(Decided.Refuse.class);
    assertThat(holding.decide(VectorChange.put("s", "b", new float[2]).of(2), null, 0))
        .isInstanceOf(Decided.Put.class);
  }
}
