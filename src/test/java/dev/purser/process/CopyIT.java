package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.testing.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bin/purser copy` as an operator runs it: killed again and again it goes on, and what is served
/// from the copy is what was served before.
final class CopyIT {
  private static final int KILLS = 3;

  @TempDir private Path folder;

  @Test
  void copy_killedAgainAndAgain_isExactInTheEnd() throws Exception {
    Path data = Files.createDirectory(folder.resolve("data"));
    Path back = Files.createDirectory(folder.resolve("back"));
    List<String> served = load(data);
    String url = Postgres.shared().url(Postgres.shared().freshDatabase());
    List<String> there = copying("sqlite:" + data.resolve("purser.db"), url);
    int middle = 0;
    for (int i = 0; i < KILLS; i++) {
      middle += killed(there, url, i);
    }
    assertThat(middle).as("kills in the middle").isPositive();
    try (PurserProcess early = PurserProcess.start(data, Map.of("PURSER_DATABASE_URL", url))) {
      assertThat(early.exitCode()).isEqualTo(1);
      assertThat(early.errors()).contains("unfinished copy");
    }
    assertThat(done(there)).contains("both agree", "purchases: ");
    assertThat(refusal(there)).contains("holds data already");
    assertThat(read(data, Map.of("PURSER_DATABASE_URL", url))).isEqualTo(served);
    // And back again, into a file.
    done(copying(url, "sqlite:" + back.resolve("purser.db")));
    assertThat(read(back, Map.of())).isEqualTo(served);
  }

  @Test
  void copy_wronglyCalled_isRefusedInASentence() throws Exception {
    assertThat(refusal(copying("sqlite:" + folder.resolve("none.db"), "sqlite:x.db")))
        .contains("does not exist");
    assertThat(refusal(copying("mysql://ada:hunter2@db/x", "sqlite:x.db")))
        .contains("--from \"mysql://***@db/x\" is neither")
        .doesNotContain("hunter2");
    try (PurserProcess copy = PurserProcess.start(folder, Map.of(), List.of("copy"))) {
      assertThat(copy.exitCode()).isEqualTo(2);
      assertThat(copy.errors()).contains("--from", "--to");
    }
  }

  private static List<String> copying(String from, String to) {
    return List.of("copy", "--from", from, "--to", to);
  }

  /// Kills a copy once the target has a few more rows than before; answers 1 if it was not ready.
  private int killed(List<String> arguments, String url, int round) throws Exception {
    String database = url.substring(url.lastIndexOf('/') + 1);
    long before = round == 0 ? -1 : rows(database);
    try (PurserProcess copy = PurserProcess.start(folder, Map.of(), arguments)) {
      while (copy.alive() && (!marked(database) || rows(database) <= before)) {
        Thread.onSpinWait();
      }
      copy.kill();
    }
    return marked(database) ? 1 : 0;
  }

  private static boolean marked(String database) {
    return Postgres.shared()
        .ask(database, "SELECT 1 FROM pg_tables WHERE tablename = 'unfinished_copy'")
        .contains("1");
  }

  private static long rows(String database) {
    return Long.parseLong(
        Postgres.shared()
            .ask(
                database,
                "SELECT (SELECT count(*) FROM purser.customers)"
                    + " + (SELECT count(*) FROM purser.totals)"
                    + " + (SELECT count(*) FROM purser.purchases)"
                    + " + (SELECT count(*) FROM purser.refunds)")
            .getFirst());
  }

  private String done(List<String> arguments) throws Exception {
    try (PurserProcess copy = PurserProcess.start(folder, Map.of(), arguments)) {
      assertThat(copy.exitCode()).as(copy.errors()).isZero();
      return copy.output();
    }
  }

  private String refusal(List<String> arguments) throws Exception {
    try (PurserProcess copy = PurserProcess.start(folder, Map.of(), arguments)) {
      assertThat(copy.exitCode()).isEqualTo(1);
      assertThat(copy.errors().lines().filter(l -> l.startsWith("purser: "))).hasSize(1);
      return copy.errors();
    }
  }

  private List<String> load(Path data) throws Exception {
    String events;
    try (PurserProcess sample = PurserProcess.start(data, Map.of(), List.of("sample", "150000"))) {
      assertThat(sample.exitCode()).isZero();
      events = sample.output();
    }
    try (PurserProcess server = PurserProcess.serve(data, Map.of())) {
      Http http = new Http(server);
      assertThat(http.ingest(events).status()).isEqualTo(200);
      assertThat(http.post("/v1/settlements", "{\"id\":\"first\"}").status()).isEqualTo(200);
      assertThat(server.terminate()).isZero();
    }
    return read(data, Map.of());
  }

  /// Profiles, pages, letters and runs, as they are served.
  private static List<String> read(Path data, Map<String, String> environment) throws Exception {
    List<String> answers = new ArrayList<>();
    try (PurserProcess server = PurserProcess.serve(data, environment)) {
      Http http = new Http(server);
      JsonNode ids =
          answer(http, "/v1/customers?preference.country=France&limit=60", answers).get("ids");
      assertThat(ids).hasSizeGreaterThan(20);
      for (JsonNode id : ids) {
        var _ = answer(http, "/v1/customers/" + id.asText(), answers);
        var _ = answer(http, "/v1/customers/" + id.asText() + "/purchases?limit=1000", answers);
        var _ = answer(http, "/v1/customers/" + id.asText() + "/refunds?limit=1000", answers);
      }
      var _ = answer(http, "/v1/dead-letters?limit=1000", answers);
      var _ = answer(http, "/v1/ingest/runs", answers);
      assertThat(server.terminate()).isZero();
    }
    return answers;
  }

  private static JsonNode answer(Http http, String path, List<String> answers) throws Exception {
    Http.Answer answer = http.get(path);
    assertThat(answer.status()).as(path).isEqualTo(200);
    answers.add(answer.data().toString());
    return answer.data();
  }
}
