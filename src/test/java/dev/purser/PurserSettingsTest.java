package dev.purser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.testing.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whence settings come, and which win.
final class PurserSettingsTest {

  private static PurserSettings load(Map<String, String> environment, String... system) {
    Properties properties = new Properties();
    for (int i = 0; i < system.length; i += 2) {
      properties.setProperty(system[i], system[i + 1]);
    }
    return PurserSettings.load(Path.of("conf"), environment, properties);
  }

  @Test
  void port_namedThrice_theSystemPropertyWins() {
    Map<String, String> environment = Map.of("PURSER_HTTP_PORT", "8");
    assertThat(load(Map.of()).http().port()).isEqualTo(8080);
    assertThat(load(environment).http().port()).isEqualTo(8);
    assertThat(load(environment, "purser.http.port", "7").http().port()).isEqualTo(7);
  }

  @Test
  void filesOfClusterTls_thatHoldNoKey_refused(@TempDir Path folder) throws IOException {
    Path garbage = Files.writeString(folder.resolve("garbage.pem"), "no key");
    Certificates.Pair pair = new Certificates.Pair(garbage, garbage);
    assertThatThrownBy(() -> load(clusterTls(garbage, garbage, pair)))
        .hasMessageContaining("purser.cluster.tls")
        .hasMessageContaining("certificate");
  }

  @Test
  void filesOfClusterTls_thatDoNotFit_refused(@TempDir Path folder) {
    Certificates.Pair authority = Certificates.selfSigned(folder, "authority", "authority");
    Certificates.Pair own = Certificates.signed(folder, "own", "purser", authority);
    assertThat(load(clusterTls(own.certificate(), own.key(), authority)).cluster().tls().enabled())
        .isTrue();
    assertThatThrownBy(() -> load(clusterTls(own.certificate(), authority.key(), authority)))
        .hasMessageContaining("no node could trust this one");
    Certificates.Pair other = Certificates.selfSigned(folder, "other", "authority");
    assertThatThrownBy(() -> load(clusterTls(own.certificate(), own.key(), other)))
        .hasMessageContaining("no node could trust this one");
  }

  private static Map<String, String> clusterTls(
      Path certificate, Path key, Certificates.Pair authority) {
    return Map.of(
        "PURSER_CLUSTER_TLS_CERTIFICATES",
        certificate.toString(),
        "PURSER_CLUSTER_TLS_KEY",
        key.toString(),
        "PURSER_CLUSTER_TLS_AUTHORITY",
        authority.certificate().toString());
  }

  @Test
  void seeds_withoutADatabaseToShare_refused() {
    Map<String, String> seeds =
        Map.of("PURSER_CLUSTER_SEEDS", "127.0.0.1:7355", "PURSER_CLUSTER_PORT", "7355");
    assertThatThrownBy(() -> load(seeds))
        .hasMessageContaining("purser.cluster.seeds: nodes of a cluster share a PostgreSQL");
    assertThat(load(seeds, "purser.database.url", "postgresql://u@h/d").cluster().seeds())
        .containsExactly("127.0.0.1:7355");
  }

  @Test
  void logLevel_thatThereIsNot_refused() {
    assertThatThrownBy(() -> load(Map.of("PURSER_LOG_LEVEL", "LOUD")))
        .hasMessage("PURSER_LOG_LEVEL: 'LOUD' is none of TRACE, DEBUG, INFO, WARN, ERROR, OFF");
    assertThat(load(Map.of("PURSER_LOG_LEVEL", "warn")).http().port()).isEqualTo(8080);
  }

  @Test
  void keys_misspelt_refusedWhereverTheyStand() {
    assertThatThrownBy(
            () ->
                load(
                    Map.of("PURSER_HTTP_PROT", "8"),
                    "purser.http.prot",
                    "7",
                    "purser.home",
                    "anywhere"))
        .hasMessage(
            "PURSER_HTTP_PROT: there is no such key to override; "
                + "-Dpurser.http.prot: there is no such key to override");
  }
}
