package dev.purser.database;

import static dev.purser.database.DatabaseFixture.first;
import static dev.purser.database.DatabaseFixture.loaded;
import static dev.purser.database.DatabaseFixture.saved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.purser.faults.Decision;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Purchase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The database on a disk of 2 MiB that really fills up. It needs the right to mount, which root
/// has outside of tight containers; without it there is no such disk, and these tests say so.
/// [TroubleTest] makes the same errors happen everywhere.
final class SmallDiskTest {
  @TempDir static Path folder;

  private Path disk;

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectories(folder.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk.toString()),
        "mounting a small disk is not permitted here");
  }

  @AfterEach
  void unmount() throws Exception {
    run("umount", disk.toString());
  }

  private static boolean run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException _) {
      return false;
    }
  }

  private static Purchase big(int n) {
    return new Purchase("p" + n, "sku", "x".repeat(4_000), 1, 5, "GBP", 1_000, 0, Map.of());
  }

  @Test
  void disk_full_writesRefusedReadsGoOnNothingAcknowledgedLost() throws Exception {
    Set<String> acknowledged = new HashSet<>();
    try (DatabaseFixture db = new DatabaseFixture(disk).ready()) {
      ServiceError refusal = null;
      for (int i = 0; refusal == null && i < 2_000; i++) {
        var reply = db.save(first("c" + i, big(i)), Database.Lane.BULK, Duration.ofSeconds(2));
        Object answer = answer(reply);
        if (answer instanceof SaveReply.Saved s) {
          assertThat(s.outcomes()).containsExactly(Outcome.ACCEPTED);
          acknowledged.add("c" + i);
        } else {
          // A commit that a full disk refuses is known not to be applied: nobody is kept waiting.
          refusal = ((SaveReply.NotSaved) answer).error();
        }
      }
      assertThat(acknowledged).isNotEmpty();
      assertThat(refusal).isNotNull();
      assertThat(refusal.code()).isEqualTo("ERR_DB");
      assertThat(refusal.retryable()).isTrue();
      assertThat(loaded(db.load("c0")).profile().stored()).isTrue();
      assertThat(db.log.latest())
          .anyMatch(e -> e.message().contains("full disk") && e.decision() == Decision.RESTART);
      assertThat(run("mount", "-o", "remount,size=64m", disk.toString())).isTrue();
      db.awaitStanding(Standing::degraded);
      Object later = null;
      while (!(later instanceof SaveReply.Saved)) {
        later = answer(db.save(first("later", big(0))));
      }
      db.awaitStanding(s -> !s.degraded());
    }
    try (DatabaseFixture db = new DatabaseFixture(disk).ready()) {
      for (String customer : acknowledged) {
        assertThat(loaded(db.load(customer)).profile().totals("GBP").grossMinor()).isEqualTo(5);
      }
    }
  }

  private static Object answer(TestProbe<SaveReply> probe) {
    try {
      return probe.receiveMessage(Duration.ofSeconds(3));
    } catch (AssertionError _) {
      return List.of();
    }
  }

  @Test
  void disk_readOnlyAtStart_escalatesWithOneSentence() throws Exception {
    try (DatabaseFixture db = new DatabaseFixture(disk).ready()) {
      saved(db.save(first("a", big(0))));
    }
    assertThat(run("mount", "-o", "remount,ro", disk.toString())).isTrue();
    try (DatabaseFixture db = new DatabaseFixture(disk)) {
      TestProbe<Object> probe = db.kit.createTestProbe();
      probe.expectTerminated(db.database, DatabaseFixture.PATIENCE);
      assertThat(db.log.latest().getFirst().decision()).isEqualTo(Decision.ESCALATE);
      assertThat(db.log.latest().getFirst().message())
          .containsAnyOf("read-only", "cannot be opened");
    }
  }
}
