package dev.purser.http;

import dev.purser.faults.Escalated;
import dev.purser.tls.UnusableTls;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.event.Logging;
import org.apache.pekko.http.javadsl.ConnectionContext;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.ServerBuilder;
import org.jspecify.annotations.Nullable;

/// The owner of the binding: it serves [Edge] from its start until it stops.
///
/// If it cannot bind it fails with [Escalated], which ends the node. On an orderly shutdown Pekko's
/// coordinated shutdown unbinds first and closes the connections later, when what is in hand has
/// ended; if the actor stops on its own it unbinds at once.
public final class HttpServer {
  /// The logger of single connections: it warns of every answer that begins before its upload has
  /// ended, which is what a streamed run does.
  public static final String CONNECTIONS = "dev.purser.http.connections";

  /// How long connections may take to be closed, once nothing is in hand any more.
  private static final Duration CLOSING = Duration.ofSeconds(1);

  private final ActorContext<Command> context;
  private final HttpSettings settings;
  private final ActorRef<Listening> replyTo;
  private @Nullable ServerBinding binding;

  /// What may be asked of the server; nothing yet.
  public sealed interface Command extends NoSerializationVerificationNeeded {}

  /// The server takes requests.
  ///
  /// @param scheme `http` or `https`
  public record Listening(String scheme, InetSocketAddress address)
      implements NoSerializationVerificationNeeded {}

  private record Bound(ServerBinding binding) implements Command {}

  private record NotBound(Throwable cause) implements Command {}

  private HttpServer(
      ActorContext<Command> context, HttpSettings settings, ActorRef<Listening> replyTo) {
    this.context = context;
    this.settings = settings;
    this.replyTo = replyTo;
  }

  /// Binds at once.
  ///
  /// @param replyTo told once when requests are taken
  public static Behavior<Command> create(
      Edge edge, HttpSettings settings, ActorRef<Listening> replyTo) {
    return Behaviors.setup(
        context -> {
          HttpServer server = new HttpServer(context, settings, replyTo);
          server.bind(edge);
          return server.serving();
        });
  }

  private Behavior<Command> serving() {
    return Behaviors.receive(
        (_, command) ->
            switch (command) {
              case Bound b -> onBound(b.binding);
              case NotBound n -> throw cannotBind(n.cause);
            },
        (_, signal) -> onSignal(signal));
  }

  private Behavior<Command> onBound(ServerBinding bound) {
    binding = bound;
    bound.addToCoordinatedShutdown(CLOSING, context.getSystem());
    replyTo.tell(new Listening(settings.tls().enabled() ? "https" : "http", bound.localAddress()));
    return Behaviors.same();
  }

  private Behavior<Command> onSignal(Signal signal) {
    if (binding != null && (signal instanceof PostStop || signal instanceof PreRestart)) {
      var _ = binding.unbind();
    }
    return Behaviors.same();
  }

  private void bind(Edge edge) {
    ServerBuilder builder =
        Http.get(context.getSystem())
            .newServerAt(settings.host(), settings.port())
            .logTo(Logging.getLogger(context.getSystem().classicSystem(), CONNECTIONS))
            .adaptSettings(
                s ->
                    s.withRemoteAddressAttribute(true)
                        .withParserSettings(
                            s.getParserSettings().withCustomMediaTypes(Body.JSON_TYPE)));
    if (settings.tls().enabled()) {
      Supplier<SSLEngine> engines = tls();
      builder = builder.enableHttps(ConnectionContext.httpsServer(engines::get));
    }
    context.pipeToSelf(
        builder.bind(edge::answer),
        (bound, failure) -> bound != null ? new Bound(bound) : new NotBound(failure));
  }

  private Supplier<SSLEngine> tls() {
    try {
      return settings.tls().engines();
    } catch (UnusableTls e) {
      throw new Escalated("purser.http.tls cannot be used: " + e.clause() + ".", e);
    }
  }

  private Escalated cannotBind(Throwable cause) {
    return new Escalated(
        "Cannot listen on "
            + settings.host()
            + ":"
            + settings.port()
            + ": is another process using it? Set purser.http.host and purser.http.port"
            + " (PURSER_HTTP_HOST, PURSER_HTTP_PORT).",
        cause);
  }
}
