package dev.purser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Holds the README's failure table and the tests together: each row names an actor, and each actor
/// has tests that make it fail. A row without tests, a test that is gone, or an actor that the
/// table forgot is red.
final class FailureTableTest {
  private static final Map<String, List<String>> TESTS =
      Map.ofEntries(
          Map.entry(
              "HttpServer",
              List.of(
                  "http.AccessTest#server_portTaken_escalates",
                  "process.StartIT#serve_portTaken_refused")),
          Map.entry(
              "Database",
              List.of(
                  "database.UnknownOutcomeTest#actor_restartedWithSaveInHand_tellsTheTruthAndRefusesTheRest")),
          Map.entry(
              "Slot",
              List.of(
                  "slots.SlotTest#opening_unreachable_triedForAsLongAsItTakes",
                  "slots.SlotTest#opening_unknownFailures_escalatesBeyondTheLimit",
                  "slots.SlotTest#opening_setupError_escalatesAtStartOnly")),
          Map.entry(
              "Session",
              List.of(
                  "slots.SlotTest#work_failing_connectionReplacedWithoutCountingToTheLimit",
                  "database.TroubleTest#statement_stuck_interruptedAndConnectionReplaced")),
          Map.entry(
              "Cache",
              List.of(
                  "cache.CacheTest#failure_ofAPut_restartedEmptyAtWorst",
                  "cache.RedisFaultsTest#killed_missesThenHealsByItself",
                  "cache.RedisFaultsTest#slow_breakerOpensAndClosesAgain")),
          Map.entry(
              "Customer",
              List.of(
                  "customers.CustomerSavingTest#failure_withASaveInFlight_unknownForItAndRetryableForTheRest",
                  "customers.CustomerSavingTest#failure_tooOften_stoppedAndStillAnswered")),
          Map.entry(
              "Partition",
              List.of(
                  "partitions.PartitionTest#failure_restartsAndLoadsAnew_callersToldRetryably",
                  "partitions.PartitionTest#save_neverAnswered_givenUpAndLoadedAnew")),
          Map.entry(
              "LeaseKeeper",
              List.of(
                  "database.LeaseKeeperTest#database_awayForLongerThanTheLease_costsNobodyWhatItOwns",
                  "database.LeaseKeeperTest#node_aliveAndNoMember_isFencedAndEnds")),
          Map.entry("TasteFeed", List.of("vectors.TasteFeedTest#failure_restartsAndComparesAnew")),
          Map.entry(
              "kernel stream",
              List.of(
                  "vectors.WorkersTest#worker_withABug_worksOnceMore",
                  "vectors.WorkersTest#worker_withABugThatStays_endsTheStreamAlone",
                  "http.TransformTest#body_tornLater_answerCutOffAfterWhatWasWhole")),
          Map.entry(
              "ingest run",
              List.of(
                  "ingest.IngestFailureTest#run_thatCrashes_tellsItsProblemAndFreesItsBody",
                  "ingest.IngestFailureTest#runs_thatCrash_endWhatRanAndStartAnew")));

  @Test
  void rows_allOfThem_haveTheirTests() throws IOException {
    assertThat(actors()).isEqualTo(TESTS.keySet());
  }

  @Test
  void tests_allOfThem_exist() {
    TESTS.values().stream().flatMap(List::stream).forEach(FailureTableTest::assertExists);
  }

  /// The first column of the table, without its marks and remarks.
  private static Set<String> actors() throws IOException {
    Set<String> actors = new LinkedHashSet<>();
    boolean inside = false;
    for (String line : Files.readAllLines(Path.of("README.md"))) {
      if (line.startsWith("| actor |")) {
        inside = true;
      } else if (inside && line.startsWith("| ")) {
        String cell = line.split("\\|", -1)[1].strip();
        actors.add(cell.replaceAll("`([^`]*)`.*", "$1"));
      } else if (inside && !line.startsWith("|-")) {
        return actors;
      }
    }
    return actors;
  }

  private static void assertExists(String test) {
    String[] parts = test.split("#", -1);
    try {
      Class<?> type = Class.forName("dev.purser." + parts[0]);
      assertThat(Arrays.stream(type.getDeclaredMethods()).map(java.lang.reflect.Method::getName))
          .as(test)
          .contains(parts[1]);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(test, e);
    }
  }
}
