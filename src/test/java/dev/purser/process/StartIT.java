package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.testing.Certificates;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How the process starts, refuses to start, and ends: exit codes and one clear sentence.
final class StartIT {
  @TempDir private Path data;

  @Test
  void serve_terminated_exitsZeroAndServesAgain() throws Exception {
    for (int i = 0; i < 2; i++) {
      try (PurserProcess server = PurserProcess.serve(data, Map.of())) {
        assertThat(server.output()).contains(server.address().toString());
        assertThat(server.terminate()).isZero();
      }
    }
  }

  @Test
  void serve_secondProcessOnTheSameFolder_refused() throws Exception {
    try (PurserProcess _ = PurserProcess.serve(data, Map.of());
        PurserProcess second = PurserProcess.start(data, Map.of())) {
      assertThat(second.exitCode()).isEqualTo(1);
      assertThat(oneSentence(second)).contains(data.toString()).contains("another Purser");
    }
  }

  @Test
  void serve_portTaken_refused() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress());
        PurserProcess server =
            PurserProcess.start(
                data, Map.of("PURSER_HTTP_PORT", Integer.toString(taken.getLocalPort())))) {
      assertThat(server.exitCode()).isEqualTo(1);
      assertThat(oneSentence(server)).contains(Integer.toString(taken.getLocalPort()));
    }
  }

  @Test
  void serve_corruptFile_refused() throws Exception {
    Files.writeString(data.resolve("purser.db"), "this is no database".repeat(1_000));
    try (PurserProcess server = PurserProcess.start(data, Map.of())) {
      assertThat(server.exitCode()).isEqualTo(1);
      assertThat(oneSentence(server)).contains("purser.db");
    }
  }

  @Test
  void serve_bindsBeyondLoopbackWithoutTokens_refused() throws Exception {
    try (PurserProcess server = PurserProcess.start(data, Map.of("PURSER_HTTP_HOST", "0.0.0.0"))) {
      assertThat(server.exitCode()).isEqualTo(1);
      assertThat(server.errors()).contains("purser.http.").contains("insecure");
    }
  }

  @Test
  void serve_wrongSettings_refusedWithEveryReason() throws Exception {
    try (PurserProcess server =
        PurserProcess.start(data, Map.of("PURSER_HTTP_PORT", "99999", "PURSER_NO_SUCH_KEY", "1"))) {
      assertThat(server.exitCode()).isEqualTo(1);
      assertThat(server.errors()).contains("purser.http.port").contains("PURSER_NO_SUCH_KEY");
    }
  }

  @Test
  void checkConfig_asShipped_accepted() throws Exception {
    try (PurserProcess check = PurserProcess.start(data, Map.of(), List.of("check-config"))) {
      assertThat(check.exitCode()).as(check.errors()).isZero();
    }
  }

  @Test
  void sample_twice_theSame() throws Exception {
    String first = sample();
    assertThat(first.lines()).hasSize(500);
    assertThat(sample()).isEqualTo(first);
  }

  @Test
  void newToken_eachRole_printsTokenAndItsHash() throws Exception {
    for (String role : List.of("reader", "writer", "operator")) {
      try (PurserProcess token = PurserProcess.start(data, Map.of(), List.of("new-token", role))) {
        assertThat(token.exitCode()).isZero();
        assertThat(token.output()).contains(role);
      }
    }
    try (PurserProcess token =
        PurserProcess.start(data, Map.of(), List.of("new-token", "emperor"))) {
      assertThat(token.exitCode()).isEqualTo(2);
    }
  }

  @Test
  void commands_eachWayToAskForHelpOrVersion_answeredOnStandardOutputAlone() throws Exception {
    for (String line : List.of("--help", "-h", "help", "serve --help", "help backup", "copy -h")) {
      assertThat(said(line)).as(line).contains("Usage: purser");
    }
    for (String line : List.of("--version", "-V", "version", "serve -V")) {
      assertThat(said(line)).as(line).matches("purser \\S+ on Java 25\\S*\\s*");
    }
    assertThat(said("sample 1")).hasLineCount(1);
    assertThat(said("check-config")).contains("can be used");
  }

  /// What a command prints that succeeds and leaves standard error empty.
  private String said(String line) throws Exception {
    try (PurserProcess command =
        PurserProcess.start(data, Map.of(), List.of(line.split(" ", -1)))) {
      assertThat(command.exitCode()).as(command.errors()).isZero();
      assertThat(command.errors()).as(line).isEmpty();
      return command.output();
    }
  }

  @Test
  void commands_thatNeedSqlite_withoutItsLibrary_endWithOneSentence() throws Exception {
    Map<String, String> nowhere =
        Map.of(
            "PURSER_JAVA_OPTS",
            "-Dorg.sqlite.lib.path=/nonexistent -Dorg.sqlite.tmpdir=/dev/null/nowhere");
    for (List<String> command : List.of(List.of("serve"), List.of("backup", "copy.db"))) {
      try (PurserProcess process = PurserProcess.start(data, nowhere, command)) {
        assertThat(process.exitCode()).isEqualTo(1);
        assertThat(oneSentence(process)).contains("native library").contains("org.sqlite.tmpdir");
        assertThat(process.errors()).hasLineCount(1);
      }
    }
  }

  @Test
  void checkConfig_certificateOfAnotherKey_refusedWithOneSentence() throws Exception {
    Certificates.Pair own = Certificates.selfSigned(data, "own", "own");
    Certificates.Pair other = Certificates.selfSigned(data, "other", "other");
    Map<String, String> files =
        Map.of(
            "PURSER_HTTP_TLS_CERTIFICATES", own.certificate().toString(),
            "PURSER_HTTP_TLS_KEY", other.key().toString());
    try (PurserProcess check = PurserProcess.start(data, files, List.of("check-config"))) {
      assertThat(check.exitCode()).isEqualTo(1);
      assertThat(check.errors())
          .contains("purser.http.tls.certificates: ")
          .contains("one is not of the other")
          .hasLineCount(2);
    }
  }

  @Test
  void serve_existingFolderThatOthersRead_warnsWithItsMode() throws Exception {
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (PurserProcess server = PurserProcess.serve(data, Map.of())) {
      assertThat(server.errors()).contains("WARN").contains(data + " has the mode 0755");
    }
  }

  @Test
  void wrongSubcommand_usage() throws Exception {
    try (PurserProcess wrong = PurserProcess.start(data, Map.of(), List.of("srve"))) {
      assertThat(wrong.exitCode()).isEqualTo(2);
      assertThat(wrong.errors()).contains("srve");
    }
  }

  private String sample() throws Exception {
    try (PurserProcess sample = PurserProcess.start(data, Map.of(), List.of("sample", "500"))) {
      assertThat(sample.exitCode()).as(sample.errors()).isZero();
      return sample.output();
    }
  }

  /// The one line on standard error that begins with our name.
  private static String oneSentence(PurserProcess process) throws Exception {
    List<String> lines =
        process.errors().lines().filter(line -> line.startsWith("purser: ")).toList();
    assertThat(lines).as(process.errors()).hasSize(1);
    assertThat(process.errors()).doesNotContain("\tat ");
    return lines.getFirst();
  }
}
