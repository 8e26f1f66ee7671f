package dev.purser.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;

final class SupervisionTest {
  private static Behavior<String> fragile(ActorRef<String> started) {
    return Behaviors.setup(
        _ -> {
          started.tell("started");
          return Behaviors.receiveMessage(
              m -> {
                throw m.equals("escalate")
                    ? new Escalated("mend it", null)
                    : new IllegalStateException(m);
              });
        });
  }

  /// A parent that tells with what its child failed.
  private static Behavior<String> parent(ActorRef<String> probe) {
    return Behaviors.setup(
        context -> {
          ActorRef<String> child =
              context.spawn(Supervised.with(SupervisorStrategy.restart(), fragile(probe)), "child");
          context.watch(child);
          return Behaviors.receive(
              (_, m) -> {
                child.tell(m);
                return Behaviors.same();
              },
              (_, s) -> {
                probe.tell(
                    s instanceof ChildFailed f ? "failed: " + f.getCause().getMessage() : "?");
                return Behaviors.same();
              });
        });
  }

  @Test
  void escalated_underRestart_stopsAndReachesTheParent() {
    ActorTestKit kit = ActorTestKit.create();
    try {
      TestProbe<String> probe = kit.createTestProbe(String.class);
      ActorRef<String> parent = kit.spawn(parent(probe.ref()));
      probe.expectMessage("started");
      parent.tell("a bug");
      probe.expectMessage("started");
      parent.tell("escalate");
      probe.expectMessage("failed: mend it");
    } finally {
      kit.shutdownTestKit();
    }
  }

  @Test
  void log_beyondItsLimit_oldestGoNewestFirst() throws InterruptedException {
    SupervisionLog log = new SupervisionLog(3, InstantSource.system());
    for (int i = 0; i < 5; i++) {
      log.add("actor " + i, new ServiceError.Cache("gone"), Decision.RESTART);
    }
    assertThat(log.latest())
        .extracting(SupervisionLog.Entry::actor)
        .containsExactly("actor 4", "actor 3", "actor 2");
    assertThat(log.latest().getFirst().error()).isEqualTo("ERR_CACHE");
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      threads.add(
          Thread.ofVirtual()
              .start(() -> log.add("many", new ServiceError.Cache("x"), Decision.RESUME)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(log.latest()).hasSize(3).allMatch(e -> e.actor().equals("many"));
  }
}
