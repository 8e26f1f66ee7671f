package dev.purser.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The tool that operators make their keys and certificates with.
public final class Openssl {

  private Openssl() {}

  /// Runs `openssl` with the words of `command`, which must succeed.
  public static void run(String command) {
    List<String> words = new ArrayList<>(List.of("openssl"));
    words.addAll(List.of(command.strip().split("\\s+")));
    try {
      Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
      process.getOutputStream().close();
      byte[] said = process.getInputStream().readAllBytes();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(new String(said, StandardCharsets.UTF_8)).isZero();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
