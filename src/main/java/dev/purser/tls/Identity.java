package dev.purser.tls;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/// A certificate, those between it and its authority, and its key: what a process proves itself
/// with. Immutable.
public final class Identity {
  private static final String ALIAS = "own";
  private static final char[] NO_PASSWORD = {};

  private final String files;
  private final KeyStore store;
  private final char[] password;
  private final X509Certificate certificate;

  private Identity(String files, KeyStore store, char[] password, X509Certificate certificate) {
    this.files = files;
    this.store = store;
    this.password = password;
    this.certificate = certificate;
  }

  /// Reads both from PEM; the files may be the same one.
  public static Identity ofPem(Path certificates, Path key) throws UnusableTls {
    List<X509Certificate> chain = Pem.certificates(certificates);
    X509Certificate own = chain.getFirst();
    String files = "the certificate in " + certificates + " and the key in " + key;
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          ALIAS,
          Pem.privateKey(key, own.getPublicKey()),
          NO_PASSWORD,
          chain.toArray(X509Certificate[]::new));
      return new Identity(files, store, NO_PASSWORD, own);
    } catch (GeneralSecurityException | IOException e) {
      throw new UnusableTls(files + " cannot be used (" + e.getMessage() + ")", e);
    }
  }

  /// Reads both from a PKCS#12 key store.
  public static Identity ofKeystore(Path file, String password) throws UnusableTls {
    char[] secret = password.toCharArray();
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, secret);
      for (String alias : Collections.list(store.aliases())) {
        if (store.isKeyEntry(alias) && store.getCertificate(alias) instanceof X509Certificate own) {
          return new Identity("certificate and key in " + file, store, secret, own);
        }
      }
      throw new UnusableTls(file + " holds no key with its certificate", null);
    } catch (NoSuchFileException e) {
      throw new UnusableTls(file + " does not exist", e);
    } catch (GeneralSecurityException | IOException e) {
      // The password is one of the reasons, and the JDK says so.
      throw new UnusableTls(file + " cannot be read as PKCS#12 (" + e.getMessage() + ")", e);
    }
  }

  /// Its own certificate.
  public X509Certificate certificate() {
    return certificate;
  }

  /// A context that proves itself with this and asks nothing of its peers, once a handshake with
  /// itself has shown that certificate and key belong together.
  public SSLContext server() throws UnusableTls {
    try {
      SSLContext server = context(null);
      SSLContext client = SSLContext.getInstance("TLS");
      client.init(null, new TrustManager[] {new Trusting()}, null);
      Handshake.rehearse(engine(client, true), engine(server, false));
      return server;
    } catch (SSLException e) {
      throw new UnusableTls(
          files + " fail a handshake with themselves: one is not of the other (" + e + ")", e);
    } catch (GeneralSecurityException e) {
      throw new UnusableTls(files + " cannot be used (" + e.getMessage() + ")", e);
    }
  }

  /// A context that proves itself with this and trusts whom the authorities in `file` vouch for,
  /// once a handshake with itself has shown that it would trust itself.
  public SSLContext mutual(Path file) throws UnusableTls {
    try {
      KeyStore authorities = KeyStore.getInstance("PKCS12");
      authorities.load(null, null);
      for (X509Certificate authority : Pem.certificates(file)) {
        authorities.setCertificateEntry("authority" + authorities.size(), authority);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(authorities);
      SSLContext context = context(trust.getTrustManagers());
      SSLEngine asking = engine(context, false);
      asking.setNeedClientAuth(true);
      Handshake.rehearse(engine(context, true), asking);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new UnusableTls(
          "no node could trust this one by "
              + files
              + " with the authority in "
              + file
              + " ("
              + e
              + ")",
          e);
    }
  }

  private SSLContext context(TrustManager @Nullable [] trust) throws GeneralSecurityException {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, password);
    KeyManager[] managers = keys.getKeyManagers();
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers, trust, null);
    return context;
  }

  private static SSLEngine engine(SSLContext context, boolean client) {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(client);
    return engine;
  }

  /// The client of the handshake that is tried: whether the certificate is trusted is for others to
  /// say; that the key is its own, the handshake shows.
  private static final class Trusting extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
