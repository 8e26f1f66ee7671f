package dev.purser.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.testing.Openssl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Keys and certificates in every form that openssl writes.
final class IdentityTest {
  @TempDir private static Path folder;

  /// A name of `name.pem`, the certificate, and `name.key` in PKCS#8.
  private static void make(String name, String algorithm) {
    Openssl.run(
        "req -x509 -newkey %s -nodes -days 2 -subj /CN=%s -keyout %s -out %s"
            .formatted(algorithm, name, file(name + ".key"), file(name + ".pem")));
  }

  @BeforeAll
  static void make() throws IOException {
    make("rsa", "rsa:2048");
    make("pss", "rsa-pss -pkeyopt rsa_keygen_bits:2048");
    make("other", "rsa:2048");
    make("ec", "ec -pkeyopt ec_paramgen_curve:prime256v1");
    make("ec521", "ec -pkeyopt ec_paramgen_curve:secp521r1");
    make("otherec", "ec -pkeyopt ec_paramgen_curve:secp384r1");
    make("ed", "ed25519");
    Openssl.run("rsa -in %s -traditional -out %s".formatted(file("rsa.key"), file("rsa.pkcs1")));
    Openssl.run(
        "req -x509 -key %s -days 2 -subj /CN=leaf -out %s -CA %s -CAkey %s"
            .formatted(file("rsa.key"), file("leaf.pem"), file("other.pem"), file("other.key")));
    for (String curve : List.of("ec", "ec521")) {
      Openssl.run("ec -in %s -out %s".formatted(file(curve + ".key"), file(curve + ".sec1")));
      Openssl.run(
          "ec -in %s -no_public -out %s".formatted(file(curve + ".key"), file(curve + ".short")));
    }
    Files.writeString(
        file("parameters.sec1"),
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
            + Files.readString(file("ec.sec1")));
    Files.writeString(
        file("crlf.pkcs1"), Files.readString(file("rsa.pkcs1")).replace("\n", "\r\n"));
    Openssl.run("x509 -in %s -text -out %s".formatted(file("rsa.pem"), file("text.pem")));
    Files.writeString(
        file("chain.pem"),
        "Bag Attributes\n    friendlyName: a server\n"
            + Files.readString(file("leaf.pem"))
            + "subject=/CN=other\r\n"
            + Files.readString(file("other.pem")).replace("\n", "\r\n"));
    Files.writeString(
        file("both.pem"), Files.readString(file("ec.sec1")) + Files.readString(file("ec.pem")));
    Openssl.run(
        "pkey -in %s -aes256 -passout pass:secret -out %s"
            .formatted(file("rsa.key"), file("encrypted.key")));
    Openssl.run(
        "rsa -in %s -traditional -aes256 -passout pass:secret -out %s"
            .formatted(file("rsa.key"), file("encrypted.pkcs1")));
    Openssl.run(
        "ec -in %s -aes256 -passout pass:secret -out %s"
            .formatted(file("ec.key"), file("encrypted.sec1")));
    Openssl.run(
        "pkcs12 -export -in %s -inkey %s -passout pass:secret -out %s"
            .formatted(file("ec.pem"), file("ec.key"), file("store.p12")));
    Files.writeString(file("garbage.pem"), "no key");
    Files.writeString(
        file("broken.key"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  }

  private static Path file(String name) {
    return folder.resolve(name);
  }

  private static Stream<List<String>> pairs() {
    return Stream.of(
        List.of("rsa.pem", "rsa.key"),
        List.of("rsa.pem", "rsa.pkcs1"),
        List.of("rsa.pem", "crlf.pkcs1"),
        List.of("text.pem", "rsa.key"),
        List.of("chain.pem", "rsa.key"),
        List.of("pss.pem", "pss.key"),
        List.of("ec.pem", "ec.key"),
        List.of("ec.pem", "ec.sec1"),
        List.of("ec.pem", "ec.short"),
        List.of("ec.pem", "parameters.sec1"),
        List.of("ec521.pem", "ec521.sec1"),
        List.of("ec521.pem", "ec521.short"),
        List.of("both.pem", "both.pem"),
        List.of("ed.pem", "ed.key"));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void pair_inAnyForm_serves(List<String> pair) throws Exception {
    Identity own = Identity.ofPem(file(pair.getFirst()), file(pair.getLast()));
    assertThat(own.server()).isNotNull();
  }

  @Test
  void chain_longerThanOne_isServedWhole() throws Exception {
    assertThat(Pem.certificates(file("chain.pem")))
        .extracting(c -> c.getSubjectX500Principal().getName())
        .containsExactly("CN=leaf", "CN=other");
  }

  private static Stream<List<String>> wrongPairs() {
    return Stream.of(
        List.of("rsa.pem", "other.key", "rsa.pem", "one is not of the other"),
        List.of("rsa.pem", "ec.key", "ec.key", "one is not of the other"),
        List.of("ec.pem", "otherec.key", "otherec.key", "one is not of the other"),
        List.of("ec.pem", "ec521.sec1", "ec521.sec1", ""),
        List.of(
            "rsa.pem",
            "ec.sec1",
            "ec.sec1",
            "holds an EC key, and the key of the certificate is RSA"),
        List.of("rsa.pem", "encrypted.key", "encrypted.key", "encrypted"),
        List.of("rsa.pem", "encrypted.pkcs1", "encrypted.pkcs1", "encrypted"),
        List.of("ec.pem", "encrypted.sec1", "encrypted.sec1", "encrypted"),
        List.of("missing.pem", "rsa.key", "missing.pem", "does not exist"),
        List.of("rsa.pem", "missing.key", "missing.key", "does not exist"),
        List.of("garbage.pem", "rsa.key", "garbage.pem", "no certificate"),
        List.of("rsa.pem", "rsa.pem", "rsa.pem", "no private key"),
        List.of("rsa.pem", "broken.key", "broken.key", "PRIVATE KEY"));
  }

  @ParameterizedTest
  @MethodSource("wrongPairs")
  void pair_thatCannotServe_isRefusedInOneSentence(List<String> pair) {
    assertThatThrownBy(() -> Identity.ofPem(file(pair.get(0)), file(pair.get(1))).server())
        .isInstanceOf(UnusableTls.class)
        .hasMessageContaining(file(pair.get(2)).toString())
        .hasMessageContaining(pair.get(3))
        .hasMessageNotContaining("\n");
  }

  @Test
  void keystore_withItsPassword_serves() throws Exception {
    Path store = file("store.p12");
    assertThat(Identity.ofKeystore(store, "secret").server()).isNotNull();
    assertThatThrownBy(() -> Identity.ofKeystore(store, "wrong"))
        .isInstanceOf(UnusableTls.class)
        .hasMessageContaining(store.toString())
        .hasMessageContaining("password")
        .hasMessageNotContaining("wrong");
    assertThatThrownBy(() -> Identity.ofKeystore(file("missing.p12"), "secret"))
        .isInstanceOf(UnusableTls.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void mutual_withAnotherAuthority_isRefused() throws Exception {
    Identity own = Identity.ofPem(file("rsa.pem"), file("rsa.pkcs1"));
    assertThat(own.mutual(file("rsa.pem"))).isNotNull();
    assertThatThrownBy(() -> own.mutual(file("other.pem")))
        .isInstanceOf(UnusableTls.class)
        .hasMessageContaining("no node");
  }
}
