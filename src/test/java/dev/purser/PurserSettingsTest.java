package dev.purser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.purser.testing.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whence settings come, and which win.
final class PurserSettingsTest {
  @TempDir private Path conf;

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
            "PURSER_HTTP_PROT: there is no such key to override; the nearest is PURSER_HTTP_PORT; "
                + "-Dpurser.http.prot: there is no such key to override; the nearest is"
                + " purser.http.port");
  }

  @Test
  void keysOutsidePurser_thatNoLibraryKnows_refused() throws IOException {
    assertRefused(
        "pekko.http.server.idle-timout = 90 s",
        "pekko.http.server.idle-timout: there is no such key; the nearest is"
            + " pekko.http.server.idle-timeout");
    assertRefused(
        "pekko.htttp.server.idle-timeout = 90 s",
        "pekko.htttp: there is no such key; the nearest is pekko.http");
    assertRefused(
        "kamon.metric.tick-intervall = 1 second",
        "kamon.metric.tick-intervall: there is no such key; the nearest is"
            + " kamon.metric.tick-interval");
    assertRefused(
        "pekko.actor.internal-dispatcher.throughputt = 3",
        "pekko.actor.internal-dispatcher.throughputt: there is no such key; the nearest is"
            + " pekko.actor.internal-dispatcher.throughput");
    assertRefused(
        "pekko.coordinated-shutdown.phases.service-stop.time-out = 3 s",
        "pekko.coordinated-shutdown.phases.service-stop.time-out: there is no such key");
    assertRefused("purserr.http.port = 1", "purserr: there is no such key");
    assertRefused("http.port = 1", "http: there is no such key; the nearest is purser.http");
    assertRefused(
        "purser.database.dispatcher.executer = x",
        "purser.database.dispatcher.executer: there is no such key");
    assertRefused(
        "purser.http.dead-line = 5 s",
        "purser.http.dead-line: there is no such key; the nearest is purser.http.deadline");
    assertThatThrownBy(() -> load(Map.of(), "pekko.logger-startup-timout", "5 s"))
        .hasMessageContaining("the nearest is pekko.logger-startup-timeout");
    assertThatThrownBy(() -> load(Map.of(), "kamon.enabld", "no"))
        .hasMessageContaining("kamon.enabled");
  }

  @Test
  void keysOutsidePurser_thatLibrariesReadAndTheReferenceDoesNotRepeat_accepted()
      throws IOException {
    assertThat(
            reasons(
                """
                pekko {
                  actor {
                    serializers.mine = "dev.example.Serializer"
                    serialization-bindings."dev.example.Thing" = mine
                    deployment."/name/*".dispatcher = a-dispatcher
                    internal-dispatcher.fork-join-executor.minimum-runnable = 4
                    default-dispatcher.thread-pool-executor.fixed-pool-size = 4
                  }
                  http.server.parsing.max-uri-length = 4k
                  coordinated-shutdown.phases.own { depends-on = [service-stop], timeout = 1 s }
                  serialization.jackson.jackson-cbor.serialization-features.INDENT_OUTPUT = off
                }
                kamon {
                  environment.tags.zone = north
                  prometheus.buckets.custom."commit" = [0.1, 1]
                  modules.own { enabled = no, name = own }
                }
                """))
        .isEmpty();
  }

  @Test
  void durationsAndSizes_withoutUnit_refusedWhereverTheyStand() throws IOException {
    assertThatThrownBy(() -> load(Map.of("PURSER_HTTP_DEADLINE", "5")))
        .hasMessageContaining("purser.http.deadline")
        .hasMessageContaining("5 has no unit");
    assertThatThrownBy(() -> load(Map.of("PURSER_HTTP_BODY_BYTES", " 70000 ")))
        .hasMessageContaining("purser.http.body-bytes")
        .hasMessageContaining("has no unit");
    assertThatThrownBy(() -> load(Map.of(), "purser.ingest.patience", "60"))
        .hasMessageContaining("purser.ingest.patience");
    assertThat(reasons("purser.http.deadline = 5")).hasSize(1);
    assertThat(reasons("purser.database.disk.watermark = 1048576")).hasSize(1);
    assertRefused(
        "pekko.http.server.idle-timeout = 90",
        "pekko.http.server.idle-timeout: 90 has no unit; write it like 60 s");
    assertThat(load(Map.of("PURSER_HTTP_DEADLINE", "7s")).http().deadline().toSeconds())
        .isEqualTo(7);
  }

  @Test
  void numbers_withAFraction_refused() throws IOException {
    assertThat(reasons("purser.http.admitted = 1.5"))
        .anyMatch(r -> r.startsWith("purser.http.admitted") && r.contains("not a whole number"));
    assertThat(reasons("purser.http.admitted = 64.0")).isEmpty();
  }

  /// Every key that the shipped files write with a unit refuses its bare number.
  @Test
  void durationsAndSizes_eachShippedKey_refusedWithoutUnit() {
    Pattern unit = Pattern.compile("[0-9.]+ ?(ns|us|ms|s|m|h|minutes|days|KiB|MiB)");
    List<String> accepted = new ArrayList<>();
    int keys = 0;
    for (var entry : load(Map.of()).effective().getConfig("purser").entrySet()) {
      if (unit.matcher(String.valueOf(entry.getValue().unwrapped())).matches()) {
        keys++;
        String key = "purser." + entry.getKey();
        try {
          load(Map.of(), key, "1000");
          accepted.add(key);
        } catch (PurserSettings.Refused e) {
          assertThat(e.reasons()).anyMatch(r -> r.startsWith(key + ":") && r.contains("no unit"));
        }
      }
    }
    assertThat(accepted).isEmpty();
    assertThat(keys).isGreaterThan(50);
  }

  @Test
  void serviceLinks_ofKubernetesAndDocker_ignoredAndTold() {
    Map<String, String> links =
        Map.ofEntries(
            Map.entry("PURSER_PORT", "tcp://10.43.0.7:80"),
            Map.entry("PURSER_SERVICE_HOST", "10.43.0.7"),
            Map.entry("PURSER_SERVICE_PORT", "80"),
            Map.entry("PURSER_SERVICE_PORT_HTTP", "80"),
            Map.entry("PURSER_PORT_80_TCP", "tcp://10.43.0.7:80"),
            Map.entry("PURSER_PORT_80_TCP_ADDR", "10.43.0.7"),
            Map.entry("PURSER_PORT_80_TCP_PORT", "80"),
            Map.entry("PURSER_PORT_80_TCP_PROTO", "tcp"),
            Map.entry("PURSER_PORT_53_UDP", "udp://10.43.0.7:53"),
            Map.entry("PURSER_PORT_9_SCTP_PROTO", "sctp"),
            Map.entry("PURSER_HTTP_PORT", "tcp://10.43.0.8:8080"),
            Map.entry("PURSER_HTTP_SERVICE_PORT_METRICS", "8080"),
            Map.entry("PURSER_CLUSTER_PORT", "tcp://10.43.0.8:7355"),
            Map.entry("PURSER_DATABASE_PORT_5432_TCP_ADDR", "10.43.0.9"),
            Map.entry("PURSER_NAME", "/web/purser"),
            Map.entry("PURSER_ENV_PATH", "/bin"));
    PurserSettings settings = load(links);
    assertThat(settings.serviceLinks()).containsExactlyElementsOf(new TreeSet<>(links.keySet()));
    assertThat(settings.http().port()).isEqualTo(8080);
    assertThat(settings.cluster().port()).isZero();
    assertThat(load(Map.of("PURSER_HTTP_PORT", "9")).serviceLinks()).isEmpty();
  }

  @Test
  void namesLikeServiceLinks_thatAreNone_refused() {
    assertThatThrownBy(() -> load(Map.of("PURSER_PORT", "8080")))
        .hasMessage(
            "PURSER_PORT: there is no such key to override; the nearest is PURSER_HTTP_PORT");
    assertThatThrownBy(() -> load(Map.of("PURSER_HOST", "0.0.0.0")))
        .hasMessageContaining("PURSER_HTTP_HOST");
    assertThatThrownBy(() -> load(Map.of("PURSER_HTTP_PORT", "http://10.0.0.1:80")))
        .hasMessageContaining("purser.http.port");
    assertThatThrownBy(() -> load(Map.of("PURSER_SERVICE_HOTS", "10.0.0.1")))
        .hasMessageContaining("PURSER_SERVICE_HOTS: there is no such key");
  }

  @Test
  void localConf_thatCannotBeRead_refusedByName() throws IOException {
    assertRefused("include \"tokens.conf\"", conf.resolve("tokens.conf") + " does not exist");
    assertThat(reasons("include file(\"/nowhere/tokens.conf\")"))
        .anyMatch(r -> r.startsWith("/nowhere/tokens.conf does not exist"));
    Path local = conf.resolve("local.conf");
    Files.delete(local);
    PurserSettings.load(conf, Map.of(), new Properties());
    Files.createDirectory(local);
    assertThatThrownBy(() -> PurserSettings.load(conf, Map.of(), new Properties()))
        .isInstanceOf(PurserSettings.Refused.class)
        .hasMessageContaining(local + " cannot be read");
    Files.delete(local);
    Files.createSymbolicLink(local, conf.resolve("mounted-later"));
    assertThatThrownBy(() -> PurserSettings.load(conf, Map.of(), new Properties()))
        .isInstanceOf(PurserSettings.Refused.class)
        .hasMessageContaining(local + " cannot be read");
    Files.delete(local);
    Files.delete(conf.resolve("http.conf"));
    assertThatThrownBy(() -> PurserSettings.load(conf, Map.of(), new Properties()))
        .isInstanceOf(PurserSettings.Refused.class)
        .hasMessageContaining(conf.resolve("http.conf") + " does not exist");
  }

  /// The library's reference holds the properties of the JVM, so those of the test do not do.
  @Test
  void systemProperties_outsidePurser_checkedAsInFiles() {
    Map<String, String> wrong =
        Map.of(
            "pekko.http.server.idle-timout", "5s",
            "pekko.http.server.request-timeout", "5",
            "kamon.metric.tick-intervall", "5s");
    wrong.forEach(System::setProperty);
    ConfigFactory.invalidateCaches();
    try {
      assertThatThrownBy(
              () -> PurserSettings.load(Path.of("conf"), Map.of(), System.getProperties()))
          .hasMessageContaining("the nearest is pekko.http.server.idle-timeout")
          .hasMessageContaining("pekko.http.server.request-timeout: 5 has no unit")
          .hasMessageContaining("the nearest is kamon.metric.tick-interval");
    } finally {
      wrong.keySet().forEach(System::clearProperty);
      ConfigFactory.invalidateCaches();
    }
  }

  private void assertRefused(String local, String reason) throws IOException {
    assertThat(reasons(local)).anyMatch(r -> r.startsWith(reason));
  }

  /// Why the shipped files are refused with such a `local.conf`.
  private List<String> reasons(String local) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("conf"))) {
      for (Path file : files.toList()) {
        Files.copy(file, conf.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Files.writeString(conf.resolve("local.conf"), local);
    try {
      PurserSettings.load(conf, Map.of(), new Properties());
      return List.of();
    } catch (PurserSettings.Refused e) {
      return e.reasons();
    }
  }
}
