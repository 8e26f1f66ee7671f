package dev.purser.http;

import dev.purser.config.Keys;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// TLS by files: a PKCS#12 key store, or a certificate chain and an unencrypted PKCS#8 key in PEM;
/// all empty: no TLS. Immutable.
///
/// @param password of the key store
public record Tls(String keystore, String password, String certificates, String key) {

  static Tls read(Keys keys) {
    Tls tls =
        new Tls(
            keys.text("keystore"),
            keys.text("keystore-password"),
            keys.text("certificates"),
            keys.text("key"));
    if (!tls.keystore.isEmpty() && !tls.certificates.isEmpty()) {
      keys.refuse("keystore", "and certificates are both set: choose one");
    }
    if (tls.certificates.isEmpty() != tls.key.isEmpty()) {
      keys.refuse("certificates", "and key belong together: set both or none");
    }
    return tls;
  }

  boolean enabled() {
    return !keystore.isEmpty() || !certificates.isEmpty();
  }

  /// The context that serves with these files.
  SSLContext context() throws GeneralSecurityException, IOException {
    char[] secret = keystore.isEmpty() ? new char[0] : password.toCharArray();
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(keystore.isEmpty() ? ofPem() : ofKeystore(secret), secret);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  private KeyStore ofKeystore(char[] secret) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(Path.of(keystore))) {
      store.load(in, secret);
    }
    return store;
  }

  private KeyStore ofPem() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream in = Files.newInputStream(Path.of(certificates))) {
      Certificate[] chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(in)
              .toArray(Certificate[]::new);
      store.setKeyEntry("server", privateKey(), new char[0], chain);
    }
    return store;
  }

  /// PEM does not name the algorithm of a PKCS#8 key: the ones in use are tried in turn.
  private PrivateKey privateKey() throws GeneralSecurityException, IOException {
    String body =
        Files.readString(Path.of(key)).replaceAll("-----(BEGIN|END) PRIVATE KEY-----", "");
    PKCS8EncodedKeySpec spec;
    try {
      spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(body));
    } catch (IllegalArgumentException e) {
      throw new InvalidKeySpecException("is no PEM file of a PKCS#8 key", e);
    }
    for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException _) {
        // of another algorithm
      }
    }
    throw new InvalidKeySpecException(key + " holds no PKCS#8 key of RSA, EC or EdDSA");
  }

  /// Without the password.
  @Override
  public String toString() {
    return "Tls[" + (keystore.isEmpty() ? certificates : keystore) + "]";
  }
}
