package dev.purser.http;

import dev.purser.config.Keys;
import dev.purser.tls.Identity;
import dev.purser.tls.Renewed;
import dev.purser.tls.UnusableTls;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/// TLS by files: a PKCS#12 key store, or a certificate chain and a key in PEM, which is not
/// encrypted; all empty: no TLS. Immutable.
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
      keys.refuse("keystore", "is set, and purser.http.tls.certificates too: choose one");
    } else if (tls.certificates.isEmpty() != tls.key.isEmpty()) {
      keys.refuse(
          "certificates",
          "is set without purser.http.tls.key, or the key without it: set both or none");
    } else if (tls.enabled()) {
      try {
        var _ = tls.context();
      } catch (UnusableTls e) {
        keys.refuse(tls.keystore.isEmpty() ? "certificates" : "keystore", e.clause());
      }
    }
    return tls;
  }

  boolean enabled() {
    return !keystore.isEmpty() || !certificates.isEmpty();
  }

  /// The server's side of each new connection, by the files as they are then.
  Supplier<SSLEngine> engines() throws UnusableTls {
    List<Path> files =
        keystore.isEmpty()
            ? List.of(Path.of(certificates), Path.of(key))
            : List.of(Path.of(keystore));
    Renewed<SSLContext> context = Renewed.of(files, this::context);
    return () -> {
      SSLEngine engine = context.get().createSSLEngine();
      engine.setUseClientMode(false);
      return engine;
    };
  }

  private SSLContext context() throws UnusableTls {
    Identity identity =
        keystore.isEmpty()
            ? Identity.ofPem(Path.of(certificates), Path.of(key))
            : Identity.ofKeystore(Path.of(keystore), password);
    return identity.server();
  }

  /// Without the password.
  @Override
  public String toString() {
    return "Tls[" + (keystore.isEmpty() ? certificates : keystore) + "]";
  }
}
