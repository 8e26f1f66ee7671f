package dev.purser.cache;

import static dev.purser.cache.RedisFixture.hit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.config.Keys;
import dev.purser.testing.Certificates;
import dev.purser.testing.RedisServer;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which Redis lets us in, and what is said of one that does not.
final class RedisOpeningTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final String PASSWORD = "p@:/?#%+ ü";
  private static final String ENCODED = "p%40%3A%2F%3F%23%25+%20%C3%BC";

  @AfterAll
  static void close() {
    KIT.shutdownTestKit();
  }

  private static void assertServes(String url, String... overrides) {
    try (RedisFixture node = new RedisFixture(KIT, url, overrides).well()) {
      node.put("a", 5);
      node.erase("b", 6);
      node.expectConfirmed("b", 6); // a script that may not be loaded beforehand is sent again
      assertThat(node.get("a")).isEqualTo(hit("a", 5));
      node.cache.tell(new Cache.Clear(node.cleared.ref()));
      assertThat(node.cleared.receiveMessage()).isEqualTo(new Cache.Cleared(2));
      assertThat(node.sentences()).isEmpty();
    }
  }

  /// Starts all the same, answers misses, and says why.
  private static String trouble(String url, String... overrides) {
    try (RedisFixture node = new RedisFixture(KIT, url, overrides)) {
      String sentence = node.ill();
      assertThat(node.get("a")).isEqualTo(new Cache.Miss());
      assertThat(node.sentences().getFirst()).isEqualTo(sentence);
      assertThat(sentence).doesNotContain(PASSWORD).doesNotContain(ENCODED).doesNotContain("wrong");
      return sentence;
    }
  }

  /// Why it is not let in. The server ends the connection after its refusal; if the client sees
  /// that first, another attempt is needed to hear why.
  private static String refusal(String url) {
    String sentence = trouble(url);
    for (int i = 0; i < 5 && sentence.contains("ends connections"); i++) {
      sentence = trouble(url);
    }
    return sentence;
  }

  @Test
  void password_percentEncoded_letsIn() {
    try (RedisServer server = RedisServer.withPassword(PASSWORD)) {
      String at = "@127.0.0.1:" + server.port();
      assertServes("redis://:" + ENCODED + at);
      assertServes("redis://default:" + ENCODED + at + "/3");
      assertThat(refusal(server.url())).contains("mend user and password");
      assertThat(refusal("redis://:wrong" + at)).contains("mend user and password");
      assertThat(refusal("redis://nobody:wrong" + at)).contains("mend user and password");
      assertThat(refusal("redis://:" + ENCODED + at + "/99")).contains("number of the database");
    }
  }

  @Test
  void user_withWhatWeAskFor_letsIn() {
    try (RedisServer server = RedisServer.start()) {
      AclSetuserArgs least =
          AclSetuserArgs.Builder.on().addPassword("pw").keyPattern("purser:*").noCommands();
      for (CommandType c :
          List.of(
              CommandType.GET,
              CommandType.SET,
              CommandType.UNLINK,
              CommandType.SCAN,
              CommandType.INFO,
              CommandType.EVAL,
              CommandType.EVALSHA,
              CommandType.PING)) {
        least.addCommand(c);
      }
      server.ask(r -> r.aclSetuser("least", least));
      String at = "@127.0.0.1:" + server.port();
      assertServes("redis://least:pw" + at);
      server.ask(
          r ->
              r.aclSetuser(
                  "reader",
                  AclSetuserArgs.Builder.on()
                      .addPassword("pw")
                      .allKeys()
                      .addCommand(CommandType.PING)));
      assertThat(trouble("redis://reader:pw" + at)).contains("grant the user");
    }
  }

  @Test
  void port_ofAnotherService_saysSo() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread.ofPlatform().daemon().start(() -> answer(other, "HTTP/1.1 400 Bad Request\r\n\r\n"));
      assertThat(trouble("redis://127.0.0.1:" + other.getLocalPort())).contains("is no Redis");
      assertThat(trouble("rediss://127.0.0.1:" + other.getLocalPort()))
          .contains("does not speak TLS");
    }
  }

  @Test
  void port_thatNeverAnswers_saysSo() throws IOException {
    try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      assertThat(
              trouble(
                  "redis://127.0.0.1:" + mute.getLocalPort(),
                  "purser.cache.redis.connect-timeout = 300 ms"))
          .contains("does not answer as Redis does");
    }
  }

  @Test
  void host_unknown_saysSo() {
    assertThat(trouble("redis://no-such-host.invalid")).contains("no host of the name");
  }

  @Test
  void tls_signedByWhomWeTrust_letsIn(@TempDir Path folder) throws Exception {
    Certificates.Pair own = Certificates.selfSigned(folder, "redis", "localhost");
    Path certificate = own.certificate();
    try (RedisServer server = RedisServer.withTls(certificate, own.key(), certificate)) {
      String trust = "purser.cache.redis.certificates = \"" + certificate + "\"";
      assertServes("rediss://localhost:" + server.port(), trust);
      assertThat(trouble("rediss://localhost:" + server.port()))
          .contains("purser.cache.redis.certificates");
      assertThat(trouble("rediss://127.0.0.1:" + server.port(), trust))
          .contains("must name the host");
      assertThat(trouble("redis://localhost:" + server.port())).contains("TLS");
    }
  }

  @Test
  void settings_wrong_refusedWithEveryReasonAndNoSecret() {
    Keys keys =
        RedisFixture.keys(
            "redis://u:s3cret@h:port",
            "purser.cache.redis.prefix = \"*\"",
            "purser.cache.redis.certificates = no-such-file.pem",
            "purser.cache.redis.silence = 1 ms",
            "purser.cache.redis.breaker.pause-first = 1 m");
    CacheSettings.read(keys.at("cache"));
    assertThat(keys.reasons()).hasSize(5);
    assertThat(keys.reasons().toString())
        .contains("purser.cache.url: has a port")
        .contains("prefix")
        .contains("no-such-file.pem cannot be read")
        .contains("silence")
        .contains("pause-first")
        .doesNotContain("s3cret");
    assertThat(RedisFixture.settings("redis://u:s3cret@h").toString()).doesNotContain("s3cret");
  }

  private static void answer(ServerSocket server, String text) {
    while (!server.isClosed()) {
      try (Socket socket = server.accept();
          OutputStream out = socket.getOutputStream()) {
        byte[] ignored = new byte[4096];
        if (socket.getInputStream().read(ignored) > 0) {
          out.write(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }
      } catch (IOException _) {
        // The next one, or the end.
      }
    }
  }
}
