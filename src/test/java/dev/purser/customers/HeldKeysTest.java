package dev.purser.customers;

import static dev.purser.customers.NodeFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HeldKeysTest {
  private final HeldKeys keys = new HeldKeys();
  private final ActorTestKit outside = ActorTestKit.create();

  @AfterEach
  void close() {
    outside.shutdownTestKit();
  }

  @Test
  void hold_heldKey_nobodyElseHasIt() {
    keys.hold("key").orElseThrow();
    assertThat(keys.hold("key")).isEmpty();
    assertThat(keys.hold("another")).isPresent();
  }

  @Test
  void release_byItsHolder_theNextHasIt() {
    keys.hold("key").orElseThrow().release();
    assertThat(keys.hold("key")).isPresent();
  }

  @Test
  void release_againAndLate_theSuccessorKeepsIt() {
    HeldKeys.Hold first = keys.hold("key").orElseThrow();
    first.release();
    keys.hold("key").orElseThrow();
    first.release();
    assertThat(keys.hold("key")).isEmpty();
  }

  @Test
  void until_lastEventIsRead_releasedAlready() {
    HeldKeys.Hold hold = keys.hold("key").orElseThrow();
    // Who reads stands in the way of the stream's end.
    List<Boolean> freeAt =
        await(
            hold.until(event -> event == 3, Source.range(1, 3))
                .map(_ -> keys.hold("key").isPresent())
                .runWith(Sink.seq(), outside.system()));
    assertThat(freeAt).containsExactly(false, false, true);
  }

  @Test
  void until_readerLeavesBeforeTheLastEvent_releasedAtTheEnd() {
    HeldKeys.Hold hold = keys.hold("key").orElseThrow();
    await(
        hold.until(event -> event == 3, Source.range(1, 3)).runWith(Sink.head(), outside.system()));
    outside.createTestProbe().awaitAssert(() -> assertThat(keys.hold("key")).isPresent());
  }
}
