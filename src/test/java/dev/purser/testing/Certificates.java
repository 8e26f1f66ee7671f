package dev.purser.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Keys and certificates in PEM, made by openssl, good for two days.
public final class Certificates {

  private Certificates() {}

  /// A certificate, and its key beside it.
  public record Pair(Path certificate, Path key) {}

  /// Of an authority, or of a server that nobody vouches for but itself.
  public static Pair selfSigned(Path folder, String file, String name) {
    return make(folder, file, name, List.of());
  }

  /// Of a node, by `authority`.
  public static Pair signed(Path folder, String file, String name, Pair authority) {
    return make(
        folder,
        file,
        name,
        List.of("-CA", authority.certificate.toString(), "-CAkey", authority.key.toString()));
  }

  private static Pair make(Path folder, String file, String name, List<String> more) {
    Pair made = new Pair(folder.resolve(file + ".pem"), folder.resolve(file + ".key"));
    List<String> command = new ArrayList<>();
    command.addAll(List.of("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"));
    command.addAll(List.of("-days", "2", "-subj", "/CN=" + name));
    command.addAll(List.of("-addext", "subjectAltName=DNS:" + name));
    command.addAll(List.of("-keyout", made.key.toString()));
    command.addAll(List.of("-out", made.certificate.toString()));
    command.addAll(more);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      byte[] said = process.getInputStream().readAllBytes();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(new String(said, StandardCharsets.UTF_8)).isZero();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
    return made;
  }
}
