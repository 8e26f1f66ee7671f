package dev.purser.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Supplier;

/// A closed-loop HTTP/1.1 load from one thread: each connection sends its next request when the
/// last answer is whole.
///
/// It shares the cores with the server it loads, so it does as little as can be done: requests come
/// encoded, answers are framed by `Content-Length` and judged by their status alone. Loopback only.
public final class HttpLoad {

  /// What a run measured; latencies in microseconds.
  public record Result(long answers, long wrong, double seconds, long p50Micros, long p99Micros) {
    public double perSecond() {
      return answers / seconds;
    }

    @Override
    public String toString() {
      return "%,.0f/s, p50 %d us, p99 %d us, %d answers, %d with another status"
          .formatted(perSecond(), p50Micros, p99Micros, answers, wrong);
    }
  }

  private static final byte[] LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);
  private static final int LATENCIES = 1 << 20;

  private final InetSocketAddress server;
  private final int status;
  private final int[] latencies = new int[LATENCIES];
  private long answers;
  private long wrong;

  /// A load on `port` of this machine that expects `status`.
  public HttpLoad(int port, int status) {
    this.server = new InetSocketAddress("127.0.0.1", port);
    this.status = status;
  }

  /// Runs `connections` for `seconds`; `next` encodes a request and is called from this thread
  /// alone.
  public Result run(int connections, double seconds, Supplier<byte[]> next) throws IOException {
    answers = 0;
    wrong = 0;
    try (Selector selector = Selector.open()) {
      for (int i = 0; i < connections; i++) {
        Connection c = new Connection(SocketChannel.open(server));
        c.channel.configureBlocking(false);
        SelectionKey key = c.channel.register(selector, SelectionKey.OP_READ, c);
        c.send(next.get(), key);
      }
      long start = System.nanoTime();
      long end = start + (long) (seconds * 1e9);
      while (System.nanoTime() < end) {
        selector.select(key -> ready(key, next), 100);
      }
      double took = (System.nanoTime() - start) / 1e9;
      for (SelectionKey key : selector.keys()) {
        key.channel().close();
      }
      return result(took);
    }
  }

  private void ready(SelectionKey key, Supplier<byte[]> next) {
    try {
      Connection c = (Connection) key.attachment();
      if (key.isWritable()) {
        c.flush(key);
      }
      if (key.isReadable() && c.read()) {
        latencies[(int) (answers++ & (LATENCIES - 1))] =
            (int) ((System.nanoTime() - c.sentNanos) / 1_000);
        if (c.status != status) {
          wrong++;
        }
        c.send(next.get(), key);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Result result(double seconds) {
    int n = (int) Math.min(answers, LATENCIES);
    int[] sorted = Arrays.copyOf(latencies, n);
    Arrays.sort(sorted);
    return new Result(
        answers, wrong, seconds, n == 0 ? 0 : sorted[n / 2], n == 0 ? 0 : sorted[(int) (n * 0.99)]);
  }

  /// One keep-alive connection; confined to the thread of the load.
  private static final class Connection {
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocateDirect(256 * 1024);
    private final byte[] head = new byte[16 * 1024];
    private ByteBuffer out = ByteBuffer.allocate(0);
    private int whole = -1;
    private int status;
    private long sentNanos;

    Connection(SocketChannel channel) throws IOException {
      this.channel = channel;
      channel.socket().setTcpNoDelay(true);
    }

    void send(byte[] request, SelectionKey key) throws IOException {
      in.clear();
      whole = -1;
      out = ByteBuffer.wrap(request);
      sentNanos = System.nanoTime();
      flush(key);
    }

    void flush(SelectionKey key) throws IOException {
      channel.write(out);
      key.interestOps(
          out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    }

    /// Whether the answer is whole.
    boolean read() throws IOException {
      if (channel.read(in) < 0) {
        throw new IOException("the server closed the connection");
      }
      if (whole < 0) {
        frame();
      }
      return whole >= 0 && in.position() >= whole;
    }

    private void frame() {
      int n = Math.min(in.position(), head.length);
      in.get(0, head, 0, n);
      int length = 0;
      for (int i = 0; i + 3 < n; i++) {
        if (head[i] == '\n' && matches(i + 1, n)) {
          length = number(i + 1 + LENGTH.length);
        } else if (head[i] == '\r' && head[i + 2] == '\r') {
          status = number(9);
          whole = i + 4 + length;
          return;
        }
      }
    }

    private boolean matches(int at, int n) {
      if (at + LENGTH.length > n) {
        return false;
      }
      for (int i = 0; i < LENGTH.length; i++) {
        if ((head[at + i] | 0x20) != (LENGTH[i] | 0x20)) {
          return false;
        }
      }
      return true;
    }

    private int number(int at) {
      int i = at;
      while (head[i] == ' ') {
        i++;
      }
      int value = 0;
      while (head[i] >= '0' && head[i] <= '9') {
        value = value * 10 + head[i++] - '0';
      }
      return value;
    }
  }
}
