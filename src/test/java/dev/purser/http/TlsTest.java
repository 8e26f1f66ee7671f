package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import dev.purser.config.Keys;
import dev.purser.testing.Certificates;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the server shows to those who connect.
final class TlsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path folder;

  @Test
  void files_renewed_areServedToNewConnections() throws Exception {
    Path certificate = folder.resolve("served.pem");
    Path key = folder.resolve("served.key");
    use(Certificates.selfSigned(folder, "first", "first"), certificate, key);
    try (Served served = served(certificate, key)) {
      assertThat(nameShown(served)).isEqualTo("CN=first");

      use(Certificates.selfSigned(folder, "second", "second"), certificate, key);
      awaitName(served, "CN=second");

      // A certificate without its key: the files before stay in use.
      Certificates.Pair third = Certificates.selfSigned(folder, "third", "third");
      Files.copy(third.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
      Instant until = Instant.now().plusSeconds(2); // the files are looked at each second
      while (Instant.now().isBefore(until)) {
        assertThat(nameShown(served)).isEqualTo("CN=second");
      }

      Files.copy(third.key(), key, StandardCopyOption.REPLACE_EXISTING);
      awaitName(served, "CN=third");
    }
  }

  @Test
  void files_thatCannotServe_areRefusedWithTheSettings() {
    Certificates.Pair own = Certificates.selfSigned(folder, "own", "own");
    Certificates.Pair other = Certificates.selfSigned(folder, "other", "other");
    assertThat(reasons(own.certificate(), own.key())).isEmpty();
    assertThat(reasons(own.certificate(), other.key()))
        .singleElement()
        .asString()
        .startsWith("purser.http.tls.certificates: ")
        .contains("one is not of the other");
    assertThat(reasons(own.certificate(), folder.resolve("missing.key")))
        .singleElement()
        .asString()
        .contains("missing.key does not exist");
  }

  private static List<String> reasons(Path certificate, Path key) {
    Config config = Served.config(files(certificate, key));
    Keys keys = new Keys(config.withOnlyPath("purser.http").getConfig("purser"));
    HttpSettings.read(keys.at("http"));
    return keys.reasons();
  }

  private static Served served(Path certificate, Path key) {
    return new Served(files(certificate, key));
  }

  private static String[] files(Path certificate, Path key) {
    return new String[] {
      "purser.http.tls.certificates = \"" + certificate + "\"",
      "purser.http.tls.key = \"" + key + "\""
    };
  }

  private static void use(Certificates.Pair pair, Path certificate, Path key) throws IOException {
    Files.copy(pair.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
    Files.copy(pair.key(), key, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void awaitName(Served served, String name) throws Exception {
    Instant until = Instant.now().plus(PATIENCE);
    while (!nameShown(served).equals(name)) {
      assertThat(Instant.now()).as("still the old certificate").isBefore(until);
    }
  }

  /// The subject of the certificate that a new connection is shown; a call is answered over it.
  private static String nameShown(Served served) throws Exception {
    SSLContext trusting = SSLContext.getInstance("TLS");
    trusting.init(null, new TrustManager[] {new Trusting()}, null);
    InetSocketAddress at = served.address;
    try (SSLSocket socket =
        (SSLSocket) trusting.getSocketFactory().createSocket(at.getAddress(), at.getPort())) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket
          .getOutputStream()
          .write(
              "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 200");
      X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return shown.getSubjectX500Principal().getName();
    }
  }

  private static final class Trusting implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
