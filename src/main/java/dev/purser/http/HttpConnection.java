package dev.purser.http;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLSession;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.TLSProtocol.SendBytes;
import org.apache.pekko.stream.TLSProtocol.SessionBytes;
import org.apache.pekko.stream.TLSProtocol.SslTlsInbound;
import org.apache.pekko.stream.TLSProtocol.SslTlsOutbound;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/// One connection, as a stage between the network (or TLS) and Pekko's HTTP layer.
///
/// *Framing.* Bytes pass only as parts of messages whose head [RequestHead] trusts, one message at
/// a time: the next one passes when Pekko asks for it, which is after the answer. Instead of a head
/// that cannot be trusted a request of our own passes, [#REFUSED], so that its answer takes its
/// turn; nothing that the sender wrote behind it is read as HTTP.
///
/// *The end.* After a message or an answer that is the last of its connection nothing more passes.
/// When the answers have been written, the sender's remaining bytes are read into nothing, within
/// limits, so that it can read the answer.
///
/// *Deadlines.* What the connection waits for, and since when, is published for [Connections],
/// which looks for overdue connections and for those to close when there are too many.
///
/// The stage is confined to its stream, which the handler shares; [#order] and what is published
/// are safe for many threads.
final class HttpConnection
    extends GraphStage<BidiShape<SslTlsOutbound, ByteString, ByteString, SslTlsInbound>> {
  private static final ByteString REFUSED =
      ByteString.fromString("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
          .compact();

  /// How much longer than an idle connection one whose request is on its way may be silent before
  /// it is the first to make place.
  private static final long PAUSE_NANOS = Duration.ofMillis(500).toNanos();

  private final Inlet<SslTlsOutbound> httpIn = Inlet.create("HttpConnection.httpIn");
  private final Outlet<ByteString> netOut = Outlet.create("HttpConnection.netOut");
  private final Inlet<ByteString> netIn = Inlet.create("HttpConnection.netIn");
  private final Outlet<SslTlsInbound> httpOut = Outlet.create("HttpConnection.httpOut");
  private final BidiShape<SslTlsOutbound, ByteString, ByteString, SslTlsInbound> shape =
      new BidiShape<>(httpIn, netOut, netIn, httpOut);

  private final SSLSession session;
  private final HttpSettings settings;
  private final Connections connections;
  private volatile Waiting waiting = Waiting.FOR_FIRST_BYTE;
  private volatile long sinceNanos = System.nanoTime();
  private volatile @Nullable Problem malformed;
  private volatile boolean chosen;
  private volatile boolean bodyMoved;
  private volatile boolean draining;
  private volatile @Nullable AsyncCallback<Order> orders;
  private @Nullable Refused refused;
  private boolean last;

  /// What a connection waits for.
  enum Waiting {
    /// Nothing has come yet.
    FOR_FIRST_BYTE,
    /// A head has begun.
    FOR_HEAD,
    /// All that was asked is answered, or its answer is being written.
    FOR_REQUEST,
    /// The rest of a request's body is read, and does not come.
    FOR_BODY,
    /// A request is being answered.
    FOR_ANSWER,
    /// All is written; the sender has not closed yet.
    FOR_CLOSE
  }

  /// What [Connections] may ask.
  enum Order {
    /// Close if it has waited too long.
    EXPIRE,
    /// Close unless a request is being answered: there are too many connections.
    EVICT,
    /// Close after the answer.
    LEAVE,
    ABORT
  }

  /// A head that was refused.
  ///
  /// @param requestId the id that it named, if any
  record Refused(Problem problem, @Nullable String requestId) {}

  /// @param session what Pekko's layer wants to see beside the bytes; it makes no use of it
  HttpConnection(SSLSession session, HttpSettings settings, Connections connections) {
    this.session = session;
    this.settings = settings;
    this.connections = connections;
  }

  /// What the handler's present request stands for if it is not one of the sender's, or null.
  @Nullable Refused refused() {
    return refused;
  }

  /// How the body that came last broke the rules of chunks, which is why it ended; null if it did
  /// not.
  @Nullable Problem malformed() {
    return malformed;
  }

  /// The present request is refused; what still comes of its body is read into nothing.
  void drains() {
    draining = true;
  }

  /// Passes an answer on; called by the stream of the connection.
  HttpResponse answered(HttpResponse response) {
    for (HttpHeader header : response.getHeaders()) {
      last |= header.is("connection") && header.value().equalsIgnoreCase("close");
    }
    return response;
  }

  Waiting waiting() {
    return waiting;
  }

  long sinceNanos() {
    return sinceNanos;
  }

  boolean isOverdue(long nowNanos) {
    return nowNanos - sinceNanos
        > switch (waiting) {
          case FOR_FIRST_BYTE, FOR_HEAD -> settings.headerTime().toNanos();
          case FOR_REQUEST, FOR_BODY, FOR_ANSWER, FOR_CLOSE -> settings.idleTime().toNanos();
        };
  }

  /// Where it stands among those that may make place: the least goes first. That is how long it has
  /// waited, but an idle connection loses nothing by its end, a request that is being sent does,
  /// and most of all one whose body had been coming: their pauses count later.
  long placeNanos() {
    if (waiting != Waiting.FOR_BODY || draining) {
      return sinceNanos;
    }
    return sinceNanos + (bodyMoved ? 2 * PAUSE_NANOS : PAUSE_NANOS);
  }

  /// Whether it has been ordered to make place, and has not obeyed yet.
  boolean isChosen() {
    return chosen;
  }

  void choose() {
    chosen = true;
    order(Order.EVICT);
  }

  /// Hands an order to the stream, which may have ended.
  void order(Order order) {
    AsyncCallback<Order> callback = orders;
    if (callback != null) {
      callback.invoke(order);
    }
  }

  private void waits(Waiting now) {
    waiting = now;
    sinceNanos = System.nanoTime();
  }

  @Override
  public BidiShape<SslTlsOutbound, ByteString, ByteString, SslTlsInbound> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  /// Where the next byte that was sent belongs.
  private enum Part {
    HEAD,
    BODY,
    CHUNKS,
    /// To no message: nothing more passes.
    NONE
  }

  private final class Logic extends GraphStageLogic {
    private Part part = Part.HEAD;

    /// What has come and not passed: `bytes[from, to)`.
    private byte[] bytes = new byte[0];

    private int from;
    private int to;

    /// `bytes` as it came from the network, or null once more was added.
    private @Nullable ByteString block;

    private int searched;
    private long bodyLeft;
    private @Nullable ChunkedBody chunks;
    private boolean lastMessage;
    private boolean evicted;
    private long lingeredBytes;

    Logic() {
      super(shape);
      orders = createAsyncCallback(this::obey);
      setHandler(netIn, new NetIn());
      setHandler(httpOut, new HttpOut());
      setHandler(httpIn, new HttpIn());
      setHandler(netOut, new NetOut());
    }

    @Override
    public void postStop() {
      connections.closed(HttpConnection.this);
    }

    private final class NetIn extends AbstractInHandler {
      @Override
      public void onPush() {
        ByteString came = grab(netIn);
        if (waiting == Waiting.FOR_CLOSE) {
          drop(came.size());
          return;
        }
        add(came);
        pass();
      }

      @Override
      public void onUpstreamFinish() {
        if (waiting == Waiting.FOR_CLOSE) {
          completeStage();
        } else {
          pass();
        }
      }
    }

    private final class HttpOut extends AbstractOutHandler {
      @Override
      public void onPull() {
        pass();
      }

      /// The answers are still to be written; their end ends the connection.
      @Override
      public void onDownstreamFinish(Throwable cause) {
        part = Part.NONE;
      }
    }

    private final class HttpIn extends AbstractInHandler {
      @Override
      public void onPush() {
        switch (waiting) {
          case FOR_REQUEST, FOR_BODY, FOR_ANSWER -> sinceNanos = System.nanoTime();
          case FOR_FIRST_BYTE, FOR_HEAD, FOR_CLOSE -> {}
        }
        if (grab(httpIn) instanceof SendBytes written) {
          push(netOut, written.bytes());
        }
      }

      @Override
      public void onUpstreamFinish() {
        part = Part.NONE;
        complete(netOut);
        if (evicted || isClosed(netIn)) {
          completeStage();
          return;
        }
        waits(Waiting.FOR_CLOSE);
        complete(httpOut);
        drop(to - from);
      }
    }

    private final class NetOut extends AbstractOutHandler {
      @Override
      public void onPull() {
        if (!isClosed(httpIn)) {
          pull(httpIn);
        }
      }
    }

    /// Passes what may pass, once, if it is asked for.
    private void pass() {
      if (!isAvailable(httpOut)) {
        return;
      }
      try {
        switch (part) {
          case HEAD -> passHead();
          case BODY -> passBody();
          case CHUNKS -> passChunks();
          case NONE -> complete(httpOut);
        }
      } catch (Refusal e) {
        if (part == Part.CHUNKS) {
          malformed = e.problem(); // the body ends early for its reader, who refuses it
          end();
        } else {
          refuse(e.problem(), RequestHead.requestId(bytes, from, to));
        }
      }
    }

    private void passHead() {
      if (last) {
        end();
        return;
      }
      skipEmptyLines();
      if (from == to) {
        awaitHead();
        return;
      }
      int end = RequestHead.end(bytes, from, searched, to);
      if ((end < 0 ? to : end) - from > settings.headerBytes()) {
        throw ParsingErrors.problem(hasLine() ? 431 : 414, "").refusal();
      }
      if (end < 0) {
        awaitRest();
        return;
      }
      RequestHead.Framing framing = RequestHead.judge(bytes, from, end);
      searched = 0;
      lastMessage = framing.last();
      bodyMoved = false;
      draining = false;
      waits(Waiting.FOR_ANSWER);
      if (framing.chunked()) {
        chunks = new ChunkedBody();
        part = Part.CHUNKS;
        pushUpTo(end);
      } else {
        int body = (int) Math.min(framing.length(), to - end);
        bodyLeft = framing.length() - body;
        part = bodyLeft > 0 ? Part.BODY : Part.HEAD;
        pushUpTo(end + body);
        endIfLast();
      }
    }

    /// Clients may send them behind a body (RFC 9112, section 2.2).
    private void skipEmptyLines() {
      while (from < to
          && (bytes[from] == '\n'
              || (bytes[from] == '\r' && from + 1 < to && bytes[from + 1] == '\n'))) {
        from += bytes[from] == '\n' ? 1 : 2;
        searched = 0;
      }
    }

    private void awaitHead() {
      if (isClosed(netIn)) {
        end();
      } else {
        if (waiting == Waiting.FOR_ANSWER) {
          waits(Waiting.FOR_REQUEST);
        }
        pull(netIn);
      }
    }

    private void awaitRest() {
      boolean lineBegins = bytes[from] == '\r' && to - from == 1;
      if (isClosed(netIn) || (!lineBegins && !RequestHead.isToken(bytes[from]))) {
        throw Problem.malformed("The request is not valid HTTP.").refusal();
      }
      searched = to;
      if (waiting != Waiting.FOR_HEAD) {
        waits(Waiting.FOR_HEAD);
      }
      pull(netIn);
    }

    private boolean hasLine() {
      for (int i = from; i < to; i++) {
        if (bytes[i] == '\n') {
          return true;
        }
      }
      return false;
    }

    private void passBody() {
      if (from == to) {
        awaitBody();
        return;
      }
      int n = (int) Math.min(bodyLeft, to - from);
      bodyLeft -= n;
      moved();
      part = bodyLeft > 0 ? Part.BODY : Part.HEAD;
      pushUpTo(from + n);
      endIfLast();
    }

    private void passChunks() {
      ChunkedBody body = chunks;
      if (body == null || from == to) {
        awaitBody();
        return;
      }
      byte[] framed = body.read(bytes, from, to);
      from = body.consumed();
      moved();
      if (body.isDone()) {
        part = Part.HEAD;
        chunks = null;
      }
      if (framed == null) {
        awaitBody();
      } else {
        give(ByteString.fromArrayUnsafe(framed));
        endIfLast();
      }
    }

    /// A part of the body has come behind the head.
    private void moved() {
      if (waiting == Waiting.FOR_BODY) {
        bodyMoved = true;
        chosen = false;
        waits(Waiting.FOR_ANSWER);
      }
    }

    /// A body that ends early is Pekko's to tell.
    private void awaitBody() {
      if (isClosed(netIn)) {
        waits(Waiting.FOR_ANSWER);
        end();
      } else {
        waits(Waiting.FOR_BODY);
        pull(netIn);
      }
    }

    private void pushUpTo(int end) {
      ByteString whole = block;
      give(
          whole != null && from == 0 && end == whole.size()
              ? whole
              : ByteString.fromArrayUnsafe(bytes, from, end - from));
      from = end;
    }

    private void give(ByteString part) {
      push(httpOut, new SessionBytes(session, part));
    }

    private void endIfLast() {
      if (lastMessage && part == Part.HEAD) {
        end();
      }
    }

    /// Nothing more passes; what has passed is answered.
    private void end() {
      part = Part.NONE;
      complete(httpOut);
    }

    private void refuse(Problem problem, @Nullable String requestId) {
      refused = new Refused(problem, requestId);
      waits(Waiting.FOR_ANSWER);
      give(REFUSED);
      end();
    }

    private void add(ByteString came) {
      if (from == to) {
        bytes = came.toArrayUnsafe();
        block = came;
        from = 0;
        to = bytes.length;
        searched = 0;
        return;
      }
      int held = to - from;
      boolean ours = block == null;
      if (!ours || bytes.length - to < came.size()) {
        byte[] larger = new byte[Math.max(1_024, 2 * (held + came.size()))];
        System.arraycopy(bytes, from, larger, 0, held);
        searched = Math.max(0, searched - from);
        bytes = larger;
        from = 0;
        to = held;
        block = null;
      }
      came.copyToArray(bytes, to, came.size());
      to += came.size();
    }

    /// Bytes that belong to no message are read into nothing: a connection that is closed with
    /// unread bytes is reset, and its sender may lose the answer.
    private void drop(int n) {
      from = 0;
      to = 0;
      lingeredBytes += n;
      boolean late = System.nanoTime() - sinceNanos > settings.drainTime().toNanos();
      if (lingeredBytes > settings.drainBytes() || (n > 0 && late)) {
        abort();
      } else if (!isClosed(netIn) && !hasBeenPulled(netIn)) {
        pull(netIn);
      }
    }

    /// Closes without an answer. TLS would wait for the end of a handshake that may never come.
    private void hangUp() {
      if (settings.tls().enabled()) {
        abort();
      } else {
        completeStage();
      }
    }

    private void abort() {
      failStage(new TimeoutException("The connection is closed: its peer does not answer."));
    }

    private void obey(Order order) {
      switch (order) {
        case EXPIRE -> {
          if (isOverdue(System.nanoTime())) {
            expire();
          }
        }
        case EVICT -> {
          if (chosen) { // its body has not gone on meanwhile
            chosen = false;
            evict();
          }
        }
        case LEAVE -> {
          last = true;
          switch (waiting) {
            case FOR_FIRST_BYTE, FOR_HEAD, FOR_REQUEST -> evict();
            case FOR_BODY, FOR_ANSWER, FOR_CLOSE -> {}
          }
        }
        case ABORT -> abort();
      }
    }

    private void expire() {
      switch (waiting) {
        case FOR_FIRST_BYTE -> hangUp();
        case FOR_HEAD ->
            refuse(
                ParsingErrors.problem(408, "").retrying(), RequestHead.requestId(bytes, from, to));
        case FOR_REQUEST -> evict();
        case FOR_BODY, FOR_ANSWER, FOR_CLOSE -> abort();
      }
    }

    private void evict() {
      switch (waiting) {
        case FOR_FIRST_BYTE, FOR_HEAD -> hangUp();
        case FOR_REQUEST -> {
          if (evicted) {
            abort(); // its last answer is not read
          } else {
            evicted = true;
            end();
          }
        }
        case FOR_ANSWER -> {} // it has become busy meanwhile
        case FOR_BODY, FOR_CLOSE -> abort();
      }
    }
  }
}
