package dev.purser.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A TCP proxy on a free port of the loopback address that can do to its connections what networks
/// do. Real sockets; every method may be called from any thread, at any time.
///
/// ## Contract
///
/// - Each order holds from the moment it returns, for connections that are open and for new ones,
///   until [#heal] or its opposite; [#cut], [#reset] and the two `cut...` traps act once.
/// - [#delayConnects] and [#delayBytes] keep the order of bytes. A delay counts for each piece that
///   was read (some KiB), not for each byte.
/// - [#stall] is a black hole: connections are accepted and bytes are taken, and nothing is ever
///   passed on, in either direction. [#heal] then cuts the connections that were in it, since bytes
///   of theirs are lost.
/// - [#refuse] closes the listening port: a connect is refused by the kernel. The same port is
///   bound again afterwards.
/// - The traps match bytes as they are on the wire, across pieces, on the first connection where
///   they occur. They cannot see into TLS.
/// - [#opened] and [#atMost] count connections that clients opened to the proxy, since it began.
public final class FaultyProxy implements AutoCloseable {
  private static final int PIECE_BYTES = 16 << 10;

  private final int port;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicInteger atMost = new AtomicInteger();
  private final AtomicReference<@Nullable Trap> trap = new AtomicReference<>();
  private volatile InetSocketAddress target;
  private volatile long connectMillis;
  private volatile long pieceMillis;
  private volatile boolean stalled;
  private volatile boolean closed;
  private volatile @Nullable Door door;

  /// A proxy before `port` of `host`.
  public FaultyProxy(String host, int port) {
    this.target = new InetSocketAddress(host, port);
    this.port = listen(0);
  }

  private record Door(ServerSocket socket, Thread thread) {}

  /// What waits for bytes of a connection.
  ///
  /// @param ofAnswer whether they are looked for in what the server says
  private record Trap(byte[] bytes, boolean ofAnswer, CountDownLatch sprung) {}

  /// The port that clients connect to.
  public int port() {
    return port;
  }

  /// Sends new connections to another server, as a fail-over does.
  public void target(String host, int newPort) {
    target = new InetSocketAddress(host, newPort);
  }

  /// Makes a new connection useful only after `delay`: it is accepted at once, but no byte moves.
  public void delayConnects(Duration delay) {
    connectMillis = delay.toMillis();
  }

  /// Passes every piece on after `delay`, in both directions.
  public void delayBytes(Duration delay) {
    pieceMillis = delay.toMillis();
  }

  /// Accepts, swallows, and never answers.
  public void stall() {
    stalled = true;
    links.forEach(l -> l.swallowed = true);
  }

  /// Ends every connection in order (FIN), in the middle of whatever it does.
  public void cut() {
    links.forEach(Link::close);
  }

  /// Ends every connection with a reset (RST).
  public void reset() {
    links.forEach(Link::reset);
  }

  /// Refuses new connections; open ones go on.
  public synchronized void refuse() {
    Door open = door;
    door = null;
    if (open != null) {
      close(open.socket());
      await(open.thread());
    }
  }

  /// Lets new connections in again.
  public synchronized void accept() {
    if (door == null && !closed) {
      var _ = listen(port);
    }
  }

  /// Takes every standing order back.
  public synchronized void heal() {
    connectMillis = 0;
    pieceMillis = 0;
    stalled = false;
    trap.set(null);
    links.stream().filter(l -> l.swallowed).forEach(Link::close);
    accept();
  }

  /// Once a client has sent `bytes` and they were passed on to the server, its connection gets no
  /// further answer and is cut when the server has answered, so that the server did its part.
  ///
  /// @return counted down when that has happened
  public CountDownLatch cutAfterRequest(byte[] bytes) {
    return set(new Trap(bytes.clone(), false, new CountDownLatch(1)));
  }

  /// Once a server answers `bytes`, they and all that follows are withheld and the connection is
  /// cut. PostgreSQL says `COMMIT` and a zero byte when it has committed, however it was told to.
  ///
  /// @return counted down when that has happened
  public CountDownLatch cutBeforeAnswer(byte[] bytes) {
    return set(new Trap(bytes.clone(), true, new CountDownLatch(1)));
  }

  private CountDownLatch set(Trap set) {
    trap.set(set);
    return set.sprung();
  }

  /// Connections that clients have opened in all.
  public int opened() {
    return opened.get();
  }

  /// Connections that were open at the same time at most.
  public int atMost() {
    return atMost.get();
  }

  /// Connections that are open now.
  public int open() {
    return links.size();
  }

  @Override
  public synchronized void close() {
    closed = true;
    refuse();
    links.forEach(Link::close);
  }

  private int listen(int at) {
    try {
      ServerSocket socket = new ServerSocket();
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 256);
      Thread thread = Thread.ofVirtual().name("proxy-accept").start(() -> acceptAll(socket));
      door = new Door(socket, thread);
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void acceptAll(ServerSocket socket) {
    while (!socket.isClosed()) {
      try {
        Link link = new Link(socket.accept());
        links.add(link);
        opened.incrementAndGet();
        atMost.accumulateAndGet(links.size(), Math::max);
        Thread.ofVirtual().name("proxy-link").start(link::connect);
      } catch (IOException _) {
        // Closed by refuse() or close().
      }
    }
  }

  /// The kernel listens on until whoever accepts has noticed that the socket is closed.
  private static void await(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void close(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception _) {
      // There is nobody to tell, and nothing left open.
    }
  }

  /// One connection of a client, and the one to the server that belongs to it.
  private final class Link {
    private final Socket client;
    private final Socket server = new Socket();
    private volatile boolean swallowed = stalled;

    /// Set before the request of a trap is passed on: the next answer springs it.
    private volatile @Nullable Trap passed;

    Link(Socket client) {
      this.client = client;
    }

    void connect() {
      try {
        pause(connectMillis);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        if (!swallowed) {
          server.connect(target);
          Thread.ofVirtual().name("proxy-answers").start(() -> pump(server, client, true));
        }
        pump(client, server, false);
      } catch (IOException | InterruptedException _) {
        close();
      }
    }

    private void pump(Socket from, Socket to, boolean answers) {
      byte[] piece = new byte[PIECE_BYTES];
      Matcher matcher = new Matcher();
      try {
        for (int n = from.getInputStream().read(piece);
            n >= 0;
            n = from.getInputStream().read(piece)) {
          pause(pieceMillis);
          if (!answers) {
            look(matcher, piece, n);
          }
          if (!swallowed && !(answers && withheld(matcher, piece, n))) {
            to.getOutputStream().write(piece, 0, n);
          }
        }
      } catch (IOException | InterruptedException _) {
        // One side is gone; so is the other one now.
      }
      // A black hole does not tell the client that the server has left.
      if (!(swallowed && answers)) {
        close();
      }
    }

    /// Whether an answer springs the trap; the connection is cut then.
    private boolean withheld(Matcher matcher, byte[] piece, int n) {
      Trap sprung = passed;
      Trap set = trap.get();
      if (sprung == null && set != null && set.ofAnswer() && matcher.found(set.bytes(), piece, n)) {
        sprung = trap.compareAndSet(set, null) ? set : null;
      }
      if (sprung == null) {
        return false;
      }
      close();
      sprung.sprung().countDown();
      return true;
    }

    /// Remembers that the request of a trap is about to pass.
    private void look(Matcher matcher, byte[] piece, int n) {
      Trap set = trap.get();
      boolean request = set != null && !set.ofAnswer();
      if (request && matcher.found(set.bytes(), piece, n) && trap.compareAndSet(set, null)) {
        passed = set;
      }
    }

    void reset() {
      try {
        client.setSoLinger(true, 0);
        server.setSoLinger(true, 0);
      } catch (IOException _) {
        // Closed already.
      }
      close();
    }

    void close() {
      links.remove(this);
      FaultyProxy.close(client);
      FaultyProxy.close(server);
    }

    private static void pause(long millis) throws InterruptedException {
      if (millis > 0) {
        Thread.sleep(millis);
      }
    }
  }

  /// Looks for bytes in a stream that comes in pieces. Confined to one pump.
  private static final class Matcher {
    private byte[] tail = new byte[0];

    boolean found(byte[] wanted, byte[] piece, int n) {
      byte[] seen = new byte[tail.length + n];
      System.arraycopy(tail, 0, seen, 0, tail.length);
      System.arraycopy(piece, 0, seen, tail.length, n);
      int keep = Math.min(seen.length, wanted.length - 1);
      tail = new byte[keep];
      System.arraycopy(seen, seen.length - keep, tail, 0, keep);
      for (int at = 0; at + wanted.length <= seen.length; at++) {
        if (Arrays.equals(seen, at, at + wanted.length, wanted, 0, wanted.length)) {
          return true;
        }
      }
      return false;
    }
  }
}
