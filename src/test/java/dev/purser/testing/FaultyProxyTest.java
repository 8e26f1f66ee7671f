package dev.purser.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The proxy before a server that answers each line with `<` and the line.
final class FaultyProxyTest {
  private final Echo echo = new Echo("<");
  private final FaultyProxy proxy = new FaultyProxy("127.0.0.1", echo.port());

  @AfterEach
  void close() throws IOException {
    proxy.close();
    echo.close();
  }

  /// Answers lines; keeps what it was asked.
  private static final class Echo implements AutoCloseable {
    final LinkedBlockingQueue<String> asked = new LinkedBlockingQueue<>();
    private final ServerSocket socket;
    private final String mark;

    Echo(String mark) {
      this.mark = mark;
      try {
        socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
      Thread.ofVirtual().start(this::accept);
    }

    int port() {
      return socket.getLocalPort();
    }

    private void accept() {
      while (!socket.isClosed()) {
        try {
          Socket client = socket.accept();
          Thread.ofVirtual().start(() -> answer(client));
        } catch (IOException _) {
          // Closed.
        }
      }
    }

    private void answer(Socket client) {
      try (client) {
        for (String line = line(client); line != null; line = line(client)) {
          asked.add(line);
          client.getOutputStream().write((mark + line + "\n").getBytes(StandardCharsets.UTF_8));
        }
      } catch (IOException _) {
        // The client has left.
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static String line(Socket from) throws IOException {
    StringBuilder line = new StringBuilder();
    InputStream in = from.getInputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        return null;
      }
      line.append((char) b);
    }
    return line.toString();
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String ask(Socket socket, String text) throws IOException {
    send(socket, text + "\n");
    return line(socket);
  }

  private static void awaitSprung(CountDownLatch trap) throws InterruptedException {
    assertThat(trap.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void bytes_healthy_passedOnAndCounted() throws Exception {
    try (Socket a = connect();
        Socket b = connect()) {
      assertThat(ask(a, "one")).isEqualTo("<one");
      assertThat(ask(b, "two")).isEqualTo("<two");
      assertThat(ask(a, "x".repeat(100_000))).hasSize(100_001);
      assertThat(proxy.atMost()).isEqualTo(2);
    }
    try (Socket c = connect()) {
      assertThat(ask(c, "three")).isEqualTo("<three");
    }
    assertThat(proxy.opened()).isEqualTo(3);
  }

  @Test
  void delays_ofConnectsAndBytes_waited() throws Exception {
    proxy.delayConnects(Duration.ofMillis(60));
    proxy.delayBytes(Duration.ofMillis(30));
    long began = System.nanoTime();
    try (Socket a = connect()) {
      assertThat(ask(a, "one")).isEqualTo("<one");
      // Once for the connect, once there, once back: a lower bound, never a limit.
      assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(119_000_000L);
    }
  }

  @Test
  void stall_inTheMiddle_swallowsUntilHealed() throws Exception {
    try (Socket a = connect()) {
      assertThat(ask(a, "one")).isEqualTo("<one");
      proxy.stall();
      a.setSoTimeout(100);
      assertThatThrownBy(() -> ask(a, "two")).isInstanceOf(SocketTimeoutException.class);
      try (Socket b = connect()) {
        b.setSoTimeout(100);
        assertThatThrownBy(() -> ask(b, "three")).isInstanceOf(SocketTimeoutException.class);
      }
      a.setSoTimeout(10_000);
      proxy.heal();
      assertThat(line(a)).isNull();
      assertThat(echo.asked).containsExactly("one");
    }
    try (Socket c = connect()) {
      assertThat(ask(c, "four")).isEqualTo("<four");
    }
  }

  @Test
  void cut_andReset_endConnectionsDifferently() throws Exception {
    try (Socket a = connect()) {
      assertThat(ask(a, "one")).isEqualTo("<one");
      proxy.cut();
      assertThat(line(a)).isNull();
    }
    try (Socket b = connect()) {
      assertThat(ask(b, "two")).isEqualTo("<two");
      proxy.reset();
      assertThatThrownBy(() -> line(b))
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
    assertThat(proxy.open()).isZero();
  }

  @Test
  void refuse_thenAccept_onTheSamePort() throws Exception {
    try (Socket a = connect()) {
      assertThat(ask(a, "one")).isEqualTo("<one");
      proxy.refuse();
      assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
      assertThat(ask(a, "two")).isEqualTo("<two");
      proxy.accept();
      try (Socket b = connect()) {
        assertThat(ask(b, "three")).isEqualTo("<three");
      }
    }
  }

  @Test
  void cutAfterRequest_acrossPieces_serverDidItsPartAndNoAnswerCame() throws Exception {
    CountDownLatch trap = proxy.cutAfterRequest("COMMIT".getBytes(StandardCharsets.UTF_8));
    try (Socket a = connect()) {
      assertThat(ask(a, "BEGIN")).isEqualTo("<BEGIN");
      send(a, "COM");
      assertThat(ask(a, "MIT")).isNull();
      awaitSprung(trap);
      assertThat(echo.asked).containsExactly("BEGIN", "COMMIT");
    }
    try (Socket b = connect()) {
      // It acts once.
      assertThat(ask(b, "COMMIT")).isEqualTo("<COMMIT");
    }
  }

  @Test
  void cutBeforeAnswer_serverAnswers_withheld() throws Exception {
    CountDownLatch trap = proxy.cutBeforeAnswer("<done\n".getBytes(StandardCharsets.UTF_8));
    try (Socket a = connect()) {
      assertThat(ask(a, "not yet")).isEqualTo("<not yet");
      assertThat(ask(a, "done")).isNull();
      awaitSprung(trap);
      assertThat(echo.asked).containsExactly("not yet", "done");
    }
  }

  @Test
  void target_another_newConnectionsGoThere() throws Exception {
    try (Echo second = new Echo(">")) {
      proxy.target("127.0.0.1", second.port());
      try (Socket a = connect()) {
        assertThat(ask(a, "one")).isEqualTo(">one");
      }
    }
  }
}
