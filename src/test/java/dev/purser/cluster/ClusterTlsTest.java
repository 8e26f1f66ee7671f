package dev.purser.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.testing.Certificates;
import dev.purser.testing.Openssl;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.SelfUp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Nodes on real sockets, with keys and certificates of their own.
final class ClusterTlsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /// How long whoever is not to be let in tries.
  private static final Duration TRIES = Duration.ofSeconds(5);

  private static final String SYSTEM =
      """
      pekko {
        loglevel = OFF
        actor.provider = cluster
        cluster.jmx.multi-mbeans-in-same-jvm = on
        cluster.periodic-tasks-initial-delay = 100 ms
        cluster.leader-actions-interval = 100 ms
        cluster.seed-node-timeout = 1 s
        cluster.shutdown-after-unsuccessful-join-seed-nodes = off
        coordinated-shutdown.exit-jvm = off
      }
      """;

  @TempDir private Path folder;
  private final List<ActorTestKit> nodes = new ArrayList<>();
  private Certificates.Pair authority;

  @BeforeEach
  void makeAuthority() {
    authority = Certificates.selfSigned(folder, "authority", "authority");
  }

  @AfterEach
  void stop() {
    nodes.forEach(ActorTestKit::shutdownTestKit);
  }

  @Test
  void nodes_certifiedByOneAuthority_areOneCluster() {
    ActorTestKit first = node(tls("a", authority, "purser"), List.of());
    ActorTestKit second = node(tls("b", authority, "purser"), List.of(address(first)));
    awaitUp(first, 2);
    awaitUp(second, 2);
  }

  @Test
  void nodes_withKeysOfOtherForms_areOneCluster() {
    ActorTestKit first = node(tls("a", authority, "purser"), List.of());
    Path certificate = folder.resolve("ec.pem");
    Path pkcs8 = folder.resolve("ec.pkcs8");
    Path sec1 = folder.resolve("ec.sec1");
    Openssl.run(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=purser"
            + " -keyout %s -out %s -CA %s -CAkey %s"
                .formatted(pkcs8, certificate, authority.certificate(), authority.key()));
    Openssl.run("ec -in %s -out %s".formatted(pkcs8, sec1));
    ActorTestKit second =
        node(files(certificate, sec1, authority.certificate()), List.of(address(first)));
    awaitUp(first, 2);
    awaitUp(second, 2);
  }

  @Test
  void node_ofAnotherAuthority_isNotLetIn() throws Exception {
    Certificates.Pair other = Certificates.selfSigned(folder, "other", "authority");
    ActorTestKit first = node(tls("a", authority, "purser"), List.of());
    awaitUp(first, 1);
    assertStaysOut(first, node(tls("b", other, "purser"), List.of(address(first))));
  }

  @Test
  void node_ofAnotherName_isNotLetIn() throws Exception {
    ActorTestKit first = node(tls("a", authority, "purser"), List.of());
    awaitUp(first, 1);
    assertStaysOut(first, node(tls("b", authority, "mailer"), List.of(address(first))));
  }

  @Test
  void node_withoutTls_isNotLetIn() throws Exception {
    ActorTestKit first = node(tls("a", authority, "purser"), List.of());
    awaitUp(first, 1);
    assertStaysOut(first, node("insecure = on", List.of(address(first))));
  }

  @Test
  void host_beyondLoopback_needsTlsOrAWordOfTheOperator() {
    assertThat(reasons("host = \"192.0.2.1\"").toString()).contains("tls").contains("insecure");
    assertThat(reasons("host = \"192.0.2.1\"", tls("a", authority, "purser"))).isEmpty();
    assertThat(reasons("host = \"192.0.2.1\"", "insecure = on")).isEmpty();
  }

  @Test
  void files_missing_areRefusedAtStart() {
    String good = tls("a", authority, "purser");
    assertThat(reasons(good, "tls.key = \"\"").toString()).contains("set all or none");
    Path missing = folder.resolve("missing.pem");
    assertThat(reasons(good, "tls.certificates = \"" + missing + "\"").toString())
        .contains("missing.pem");
  }

  private static Keys keys(String... overrides) {
    Config config =
        ConfigFactory.parseString("purser.cluster { " + String.join("\n", overrides) + " }")
            .withFallback(ConfigFactory.parseFile(new File("conf/cluster.conf")));
    return new Keys(config.getConfig("purser"));
  }

  private static List<String> reasons(String... overrides) {
    Keys keys = keys(overrides);
    ClusterSettings.read(keys.at("cluster"));
    return keys.reasons();
  }

  private ActorTestKit node(String overrides, List<String> seeds) {
    Keys keys = keys(overrides);
    ClusterSettings read = ClusterSettings.read(keys.at("cluster"));
    assertThat(keys.reasons()).isEmpty();
    ActorTestKit kit =
        ActorTestKit.create(
            "purser",
            ConfigFactory.parseMap(read.pekko())
                .withFallback(ConfigFactory.parseString(SYSTEM))
                .withFallback(ConfigFactory.load())
                .resolve());
    nodes.add(kit);
    TestProbe<SelfUp> up = kit.createTestProbe();
    var joining =
        new ClusterSettings(
            read.host(), read.port(), seeds, read.tls(), read.insecure(), read.lease());
    Membership.watch(kit.system(), up.ref());
    Membership.join(kit.system(), joining, List.of(), seeds.isEmpty());
    return kit;
  }

  private static String address(ActorTestKit node) {
    var address = Cluster.get(node.system()).selfMember().address();
    return address.getHost().orElseThrow() + ":" + address.getPort().orElseThrow();
  }

  private static List<Member> up(ActorTestKit node) {
    List<Member> up = new ArrayList<>();
    Cluster.get(node.system()).state().getMembers().forEach(up::add);
    up.removeIf(member -> member.status() != MemberStatus.up());
    return up;
  }

  private static void awaitUp(ActorTestKit node, int members) {
    node.createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              assertThat(up(node)).hasSize(members);
              return null;
            });
  }

  private static void assertStaysOut(ActorTestKit first, ActorTestKit stranger) throws Exception {
    Thread.sleep(TRIES);
    assertThat(up(first)).hasSize(1);
    assertThat(up(stranger)).isEmpty();
  }

  /// Settings of a node with a key of its own and a certificate of `authority`.
  private String tls(String file, Certificates.Pair authority, String name) {
    Certificates.Pair own = Certificates.signed(folder, file, name, authority);
    return files(own.certificate(), own.key(), authority.certificate());
  }

  private static String files(Path certificate, Path key, Path authority) {
    return """
    tls { certificates = "%s", key = "%s", authority = "%s" }
    """
        .formatted(certificate, key, authority);
  }
}
