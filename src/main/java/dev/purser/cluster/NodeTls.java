package dev.purser.cluster;

import com.typesafe.config.Config;
import dev.purser.faults.Escalated;
import dev.purser.tls.Identity;
import dev.purser.tls.Renewed;
import dev.purser.tls.UnusableTls;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import scala.Option;

/// Mutual TLS 1.3 of the remoting, by the files that [ClusterTls] names. Pekko's own provider reads
/// fewer forms of keys, and does not notice that files have changed for five minutes. Safe for many
/// threads.
///
/// A peer is trusted if the authority vouches for it and it shares a name with this node: a common
/// name or a subject alternative name.
public final class NodeTls implements SSLEngineProvider {
  private static final String[] PROTOCOLS = {"TLSv1.3"};

  /// Kinds of subject alternative names that hold a host's name or address (RFC 5280, GeneralName).
  private static final Set<Integer> DNS_AND_IP = Set.of(2, 7);

  private final Renewed<Trust> trust;

  /// What this node shows, and whom it trusts.
  record Trust(SSLContext context, Set<String> names) {
    static Trust of(Path certificates, Path key, Path authority) throws UnusableTls {
      Identity own = Identity.ofPem(certificates, key);
      return new Trust(own.mutual(authority), NodeTls.names(own.certificate()));
    }
  }

  /// Called by Pekko, by name.
  public NodeTls(ActorSystem system) {
    Config files = system.settings().config().getConfig(ClusterTls.ENGINE);
    Path certificates = Path.of(files.getString("cert-file"));
    Path key = Path.of(files.getString("key-file"));
    Path authority = Path.of(files.getString("ca-cert-file"));
    try {
      trust =
          Renewed.of(
              List.of(certificates, key, authority), () -> Trust.of(certificates, key, authority));
    } catch (UnusableTls e) {
      throw new Escalated("purser.cluster.tls cannot be used: " + e.clause() + ".", e);
    }
  }

  @Override
  public SSLEngine createServerSSLEngine(String host, int port) {
    SSLEngine engine = engine(host, port);
    engine.setUseClientMode(false);
    engine.setNeedClientAuth(true);
    return engine;
  }

  @Override
  public SSLEngine createClientSSLEngine(String host, int port) {
    SSLEngine engine = engine(host, port);
    engine.setUseClientMode(true);
    return engine;
  }

  private SSLEngine engine(String host, int port) {
    SSLEngine engine = trust.get().context().createSSLEngine(host, port);
    engine.setEnabledProtocols(PROTOCOLS);
    return engine;
  }

  @Override
  public Option<Throwable> verifyClientSession(String host, SSLSession session) {
    return verified(session);
  }

  @Override
  public Option<Throwable> verifyServerSession(String host, SSLSession session) {
    return verified(session);
  }

  private Option<Throwable> verified(SSLSession session) {
    try {
      Set<String> shared = new HashSet<>(trust.get().names());
      shared.retainAll(names((X509Certificate) session.getPeerCertificates()[0]));
      return shared.isEmpty()
          ? Option.apply(
              new SSLPeerUnverifiedException("The peer's certificate shares no name with ours"))
          : Option.empty();
    } catch (SSLPeerUnverifiedException e) {
      return Option.apply(e);
    }
  }

  private static Set<String> names(X509Certificate certificate) {
    Set<String> names = new HashSet<>();
    try {
      new LdapName(certificate.getSubjectX500Principal().getName())
          .getRdns().stream()
              .filter(rdn -> rdn.getType().equalsIgnoreCase("CN"))
              .forEach(rdn -> names.add(rdn.getValue().toString()));
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives != null) {
        for (List<?> name : alternatives) {
          if (name.getFirst() instanceof Integer kind && DNS_AND_IP.contains(kind)) {
            names.add(String.valueOf(name.get(1)));
          }
        }
      }
    } catch (InvalidNameException | CertificateParsingException _) {
      // names that cannot be read match no other name
    }
    return names;
  }
}
