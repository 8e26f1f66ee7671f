package dev.purser.http;

import dev.purser.faults.Escalated;
import dev.purser.tls.UnusableTls;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.event.Logging;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.RemoteAddress;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.TLSClosing;
import org.apache.pekko.stream.TLSProtocol.SslTlsInbound;
import org.apache.pekko.stream.TLSProtocol.SslTlsOutbound;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.Tcp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

  /// How many times the connections are looked through while a head may take to arrive.
  private static final int LOOKS = 20;

  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

  private final ActorContext<Command> context;
  private final HttpSettings settings;
  private final ActorRef<Listening> replyTo;
  private final Connections connections;

  /// What Pekko's HTTP layer wants to see beside the bytes of a connection, and makes no use of.
  private final SSLSession session;

  private Tcp.@Nullable ServerBinding binding;

  /// What may be asked of the server; nothing yet.
  public sealed interface Command extends NoSerializationVerificationNeeded {}

  /// The server takes requests.
  ///
  /// @param scheme `http` or `https`
  public record Listening(String scheme, InetSocketAddress address)
      implements NoSerializationVerificationNeeded {}

  private enum Look implements Command {
    FOR_OVERDUE
  }

  private record Bound(Tcp.ServerBinding binding) implements Command {}

  private record NotBound(Throwable cause) implements Command {}

  private HttpServer(
      ActorContext<Command> context, HttpSettings settings, ActorRef<Listening> replyTo) {
    this.context = context;
    this.settings = settings;
    this.replyTo = replyTo;
    this.connections = new Connections(settings.connections());
    this.session = noSession();
  }

  /// Binds at once.
  ///
  /// @param replyTo told once when requests are taken
  public static Behavior<Command> create(
      Edge edge, HttpSettings settings, ActorRef<Listening> replyTo) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  HttpServer server = new HttpServer(context, settings, replyTo);
                  server.bind(edge);
                  timers.startTimerWithFixedDelay(
                      Look.FOR_OVERDUE, settings.headerTime().dividedBy(LOOKS));
                  return server.serving();
                }));
  }

  private Behavior<Command> serving() {
    return Behaviors.receive(
        (_, command) ->
            switch (command) {
              case Look _ -> {
                connections.closeOverdue();
                yield Behaviors.same();
              }
              case Bound b -> onBound(b.binding);
              case NotBound n -> throw cannotBind(n.cause);
            },
        (_, signal) -> onSignal(signal));
  }

  private Behavior<Command> onBound(Tcp.ServerBinding bound) {
    binding = bound;
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(context.getSystem());
    shutdown.addTask(
        CoordinatedShutdown.PhaseServiceUnbind(),
        "http-unbind",
        () -> bound.unbind().thenApply(_ -> Done.getInstance()));
    shutdown.addTask(
        CoordinatedShutdown.PhaseServiceRequestsDone(),
        "http-close",
        () -> connections.closeAll(CLOSING));
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
    ServerSettings http = ServerSettings.create(context.getSystem().classicSystem());
    BidiFlow<HttpResponse, SslTlsOutbound, SslTlsInbound, HttpRequest, NotUsed> layer =
        Http.get(context.getSystem())
            .serverLayer(
                http.withParserSettings(
                    http.getParserSettings().withCustomMediaTypes(Body.JSON_TYPE)),
                Optional.empty(),
                Logging.getLogger(context.getSystem().classicSystem(), CONNECTIONS));
    Materializer materializer = Materializer.createMaterializer(context.getSystem());
    context.pipeToSelf(
        incoming(http)
            .to(Sink.foreach(c -> accept(c, edge, layer, materializer)))
            .run(materializer),
        (bound, failure) -> bound != null ? new Bound(bound) : new NotBound(failure));
  }

  private Source<Tcp.IncomingConnection, CompletionStage<Tcp.ServerBinding>> incoming(
      ServerSettings http) {
    Tcp tcp = Tcp.get(context.getSystem().classicSystem());
    if (!settings.tls().enabled()) {
      return tcp.bind(
          settings.host(),
          settings.port(),
          http.getBacklog(),
          http.getSocketOptions(),
          true, // an answer can be read to its end though its sender is still writing
          Optional.empty());
    }
    Supplier<SSLEngine> engines = tls();
    return tcp.bindWithTls(
        settings.host(),
        settings.port(),
        engines,
        http.getBacklog(),
        http.getSocketOptions(),
        Optional.empty(),
        _ -> Optional.empty(),
        TLSClosing.eagerClose());
  }

  /// Runs one connection; called by the stream that accepts, which must not fail.
  private void accept(
      Tcp.IncomingConnection incoming,
      Edge edge,
      BidiFlow<HttpResponse, SslTlsOutbound, SslTlsInbound, HttpRequest, NotUsed> layer,
      Materializer materializer) {
    if (!connections.makePlace()) {
      incoming.handleWith(
          Flow.fromSinkAndSourceCoupled(Sink.cancelled(), Source.empty()), materializer);
      return;
    }
    HttpConnection connection = new HttpConnection(session, settings, connections);
    connections.opened(connection);
    Flow<HttpRequest, HttpResponse, NotUsed> handler =
        Flow.of(HttpRequest.class)
            .mapAsync(1, request -> answer(request, edge, connection, incoming.remoteAddress()))
            .map(connection::answered);
    try {
      incoming.handleWith(handler.join(layer.atop(BidiFlow.fromGraph(connection))), materializer);
    } catch (RuntimeException e) {
      connections.closed(connection);
      LOG.error("A connection cannot be served", e);
    }
  }

  private CompletionStage<HttpResponse> answer(
      HttpRequest request, Edge edge, HttpConnection connection, InetSocketAddress peer) {
    HttpConnection.Refused refused = connection.refused();
    if (refused != null) {
      return CompletableFuture.completedFuture(edge.refuse(refused));
    }
    return edge.answer(
        request.addAttribute(AttributeKeys.remoteAddress, RemoteAddress.create(peer)), connection);
  }

  private static SSLSession noSession() {
    try {
      return SSLContext.getDefault().createSSLEngine().getSession();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK has no TLS", e);
    }
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
