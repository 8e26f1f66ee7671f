package dev.purser.bench;

import dev.purser.process.Duplex;
import dev.purser.process.PurserProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/// Kernels over HTTP: bodies of 1 MiB on four connections beside the echo route of the same server,
/// alternating; then one stream of many gigabytes, whose every value is checked, with the memory
/// that it took. `ops/bench/vectors` runs it against the packaged distribution.
///
/// System properties: `rounds` (7), `gigabytes` (10).
public final class TransformBench {
  private static final int ROUNDS = Integer.getInteger("rounds", 7);
  private static final long GIGABYTES = Long.getLong("gigabytes", 10);
  private static final double SECONDS = 3;
  private static final int CONNECTIONS = 4;
  private static final int MIB = 1 << 20;
  private static final String TRANSFORM =
      "/v1/vectors/transform?kernel=scale:2.0,add:0.5,clamp:-1:1";
  private static final String ECHO = "/bench/echo";

  private final InetSocketAddress address;
  private final byte[] body = new byte[MIB];

  private TransformBench(int port) {
    address = new InetSocketAddress("127.0.0.1", port);
    ByteBuffer values = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < MIB / 4; i++) {
      values.putFloat((i % 1_000) / 1_000f - 0.5f);
    }
  }

  public static void main(String[] args) throws Exception {
    Path data = Files.createTempDirectory("transform-bench");
    try (PurserProcess server =
        PurserProcess.serve(
            data, Map.of("PURSER_JAVA_OPTS", "-Xmx256m", "PURSER_HTTP_BENCHMARK_ROUTES", "on"))) {
      TransformBench bench = new TransformBench(server.address().getPort());
      bench.compare();
      System.out.printf("peak memory so far: %d MiB%n", server.peakMebibytes());
      bench.stream(server);
    }
  }

  private void compare() throws IOException {
    load(TRANSFORM, SECONDS * 5); // the JIT is busy for half a minute
    load(ECHO, SECONDS * 5);
    double[] ratios = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      double echo = load(ECHO, SECONDS);
      double ours = load(TRANSFORM, SECONDS);
      ratios[i] = ours / echo;
      System.out.printf("echo %.2f GB/s each way, transform %.2f GB/s%n", echo, ours);
    }
    Arrays.sort(ratios);
    System.out.printf(
        "RATIO transform / echo, 1 MiB, %d connections: median %.2f (%.2f to %.2f), wanted 0.85%n",
        CONNECTIONS, ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]);
  }

  /// Gigabytes a second each way.
  private double load(String path, double seconds) {
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    AtomicLong bytes = new AtomicLong();
    List<CompletableFuture<Void>> connections = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      connections.add(
          started(
              () -> {
                byte[] answer = new byte[MIB];
                while (System.nanoTime() < end) {
                  bytes.addAndGet(exchange(path, answer));
                }
              }));
    }
    connections.forEach(CompletableFuture::join);
    return bytes.get() / (double) (System.nanoTime() - start);
  }

  private int exchange(String path, byte[] answer) throws IOException {
    try (Duplex stream = new Duplex(address, path, "Content-Length: " + MIB)) {
      stream.sendRaw(body, -1);
      stream.head();
      int got = 0;
      for (int n = 0; n >= 0; n = stream.read(answer, 0, MIB)) {
        got += n;
      }
      if (got != MIB) {
        throw new IOException("answered " + got + " bytes");
      }
      return got;
    }
  }

  private void stream(PurserProcess server) throws IOException {
    long blocks = GIGABYTES * 1_000_000_000L / MIB;
    long start = System.nanoTime();
    byte[] expected = expected();
    try (Duplex stream = new Duplex(address, TRANSFORM)) {
      CompletableFuture<Void> sending =
          started(
              () -> {
                for (long i = 0; i < blocks; i++) {
                  stream.send(body);
                }
                stream.finish();
              });
      stream.head();
      for (long i = 0; i < blocks; i++) {
        if (!Arrays.equals(stream.read(MIB), expected)) {
          throw new IOException("wrong values in MiB " + i);
        }
        if (i % 1_024 == 0) {
          System.out.printf("%d GiB, peak memory %d MiB%n", i / 1_024, server.peakMebibytes());
        }
      }
      if (stream.read(new byte[1], 0, 1) != -1) {
        throw new IOException("the answer does not end");
      }
      sending.join();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        "%d MiB streamed in %.1f s, %.2f GB/s each way, every value right, peak memory of the"
            + " server %d MiB%n",
        blocks, seconds, blocks * MIB / seconds / 1e9, server.peakMebibytes());
  }

  private byte[] expected() {
    byte[] expected = new byte[MIB];
    ByteBuffer from = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer to = ByteBuffer.wrap(expected).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < MIB / 4; i++) {
      float v = from.getFloat() * 2 + 0.5f;
      to.putFloat(v < -1 ? -1 : v > 1 ? 1 : v);
    }
    return expected;
  }

  /// Work on a socket.
  private interface Sending {
    void run() throws IOException;
  }

  private static CompletableFuture<Void> started(Sending sending) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                sending.run();
                done.complete(null);
              } catch (IOException | RuntimeException e) {
                done.completeExceptionally(e);
              }
            });
    return done;
  }
}
