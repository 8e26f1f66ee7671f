package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.process.Duplex;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Kernels over request bodies, on real sockets.
final class TransformTest {
  private static final String PATH = "/v1/vectors/transform?kernel=";
  private static final String OCTETS = "application/octet-stream";
  private static final int MIB = 1 << 20;
  private static Served served;

  @BeforeAll
  static void serve() {
    served = new Served("purser.http.drain-time = 500ms", "purser.http.benchmark-routes = on");
  }

  @AfterAll
  static void close() {
    served.close();
  }

  /// Whatever a test did to its stream, nothing of it stays.
  @AfterEach
  void streams_afterEachTest_areFreed() {
    served
        .kit
        .createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(20),
            () -> {
              assertThat(served.workers().running()).isZero();
              return true;
            });
  }

  private static HttpResponse<byte[]> post(String kernel, byte[] body, String... headers) {
    String[] all = Arrays.copyOf(headers, headers.length + 2);
    all[headers.length] = "Content-Type";
    all[headers.length + 1] = OCTETS;
    return served.send("POST", PATH + kernel, BodyPublishers.ofByteArray(body), all);
  }

  private static Duplex stream(String kernel, String... headers) throws IOException {
    return new Duplex(served.address, PATH + kernel, headers);
  }

  private static void assertProblem(HttpResponse<byte[]> answer, int status, String code) {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(Served.tree(answer).path("code").asText()).isEqualTo(code);
  }

  private static byte[] bytes(float... values) {
    ByteBuffer buffer = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return buffer.array();
  }

  @Test
  void body_announced_transformed() {
    HttpResponse<byte[]> answer = post("scale:2.0,add:0.5,clamp:-1:1", bytes(0.1f, -3, 4));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).contains(OCTETS);
    assertThat(answer.body()).isEqualTo(bytes(0.1f * 2 + 0.5f, -1, 1));
  }

  @Test
  void normalize_ofVectors_eachByItsOwnNorm() {
    HttpResponse<byte[]> answer = post("normalize&dimension=2", bytes(3, 4, 0, -2, 0, 0));
    assertThat(answer.body()).isEqualTo(bytes(3f * (1 / 5f), 4f * (1 / 5f), 0, -1, 0, 0));
  }

  @Test
  void body_empty_answeredEmpty() {
    HttpResponse<byte[]> answer = post("scale:2", new byte[0]);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void body_gzipped_understood() throws IOException {
    byte[] values = bytes(1, 2, 3);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(values);
    }
    assertThat(post("scale:2", packed.toByteArray(), "Content-Encoding", "gzip").body())
        .isEqualTo(bytes(2, 4, 6));
    assertProblem(post("scale:2", values, "Content-Encoding", "gzip"), 422, "ERR_VALIDATION");
  }

  @ParameterizedTest
  @CsvSource({
    "'',8,kernel is required",
    "scale,8,kernel must have the form scale:FACTOR for scale",
    "scale:x,8,kernel has a parameter that is no finite number of 32 bits",
    "shift:1,8,kernel names something else",
    "clamp:1:0,8,kernel clamps to a minimum above its maximum",
    "normalize,8,dimension is required with normalize",
    "normalize&dimension=0,8,dimension must be an integer from 1 to 4096",
    "normalize&dimension=4097,8,dimension must be an integer from 1 to 4096",
    "scale:2&dimension=2,8,dimension is of use only with normalize",
    "scale:2&dimensions=2,8,dimensions is no parameter of this call",
    "scale:2,6,'body has 6 bytes, no multiple of 4'",
    "normalize&dimension=3,8,'body has 8 bytes, no multiple of 12'",
  })
  void request_wrong_refusedByName(String kernel, int length, String message) {
    HttpResponse<byte[]> answer = post(kernel, new byte[length]);
    assertProblem(answer, 422, "ERR_VALIDATION");
    assertThat(Served.tree(answer).path("detail").asText()).contains(message);
  }

  @Test
  void request_ofAnotherForm_refused() {
    HttpResponse<byte[]> json = served.post("/v1/vectors/transform?kernel=scale:2", "[1]");
    assertProblem(json, 415, "ERR_MEDIA_TYPE");
    assertProblem(post("scale:2", bytes(1), "Accept", "text/csv"), 406, "ERR_NOT_ACCEPTABLE");
  }

  @Test
  void answer_whileTheBodyIsBeingSent_begins() throws IOException {
    try (Duplex stream = stream("scale:2")) {
      stream.send(bytes(1, 2));
      assertThat(stream.head()).contains("200");
      assertThat(stream.read(8)).isEqualTo(bytes(2, 4));
      stream.send(new byte[] {0, 0}); // half a value waits for its other half
      stream.send(new byte[] {(byte) 0x80, 0x3f, 0, 0, 0, 0x40});
      assertThat(stream.read(8)).isEqualTo(bytes(2, 4));
      stream.finish();
      assertThat(stream.read(new byte[1], 0, 1)).isEqualTo(-1);
    }
  }

  @Test
  void sender_whoWaitsForContinue_isToldToGoOn() throws IOException {
    try (Duplex stream = stream("add:1", "Expect: 100-continue", "Content-Length: 8")) {
      assertThat(stream.head()).isEqualTo("HTTP/1.1 100 Continue");
      stream.sendRaw(bytes(1, 2), -1);
      assertThat(stream.head()).contains("200");
      assertThat(stream.read(8)).isEqualTo(bytes(2, 3));
    }
  }

  @Test
  void body_tornLater_answerCutOffAfterWhatWasWhole() throws IOException {
    try (Duplex stream = stream("normalize&dimension=2")) {
      stream.send(bytes(3, 4));
      assertThat(stream.head()).contains("200");
      assertThat(stream.read(8)).hasSize(8);
      stream.send(bytes(0, 5, 7)).finish();
      ByteArrayOutputStream rest = new ByteArrayOutputStream();
      assertThatThrownBy(() -> readInto(rest, stream)).isInstanceOf(IOException.class);
      // A connection that is aborted may lose what its reader has not read yet.
      assertThat(rest.toByteArray()).isEqualTo(Arrays.copyOf(bytes(0, 1), rest.size()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 16\r\n\r\n12345678",
        "Transfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n",
        "Transfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n0\r\n"
      })
  void body_endsBetweenValuesAndBeforeItsEnd_answerCutOff(String rest) throws IOException {
    try (Wire wire = new Wire(served.address)) {
      wire.send("POST " + PATH + "scale:1 HTTP/1.1\r\nHost: localhost\r\n");
      wire.send("Content-Type: application/octet-stream\r\n" + rest);
      assertThat(wire.readUntil("12345678\r\n")).contains("200 OK");
      wire.finish();
      assertThatThrownBy(wire::readAll).isInstanceOf(IOException.class);
    }
  }

  /// Reads until the answer ends properly.
  private static void readInto(ByteArrayOutputStream into, Duplex stream) throws IOException {
    byte[] block = new byte[1_000];
    for (int n = stream.read(block, 0, 1_000); n >= 0; n = stream.read(block, 0, 1_000)) {
      into.write(block, 0, n);
    }
  }

  @Test
  void body_tornAtOnce_refused() throws IOException {
    try (Duplex stream = stream("scale:2")) {
      stream.send(new byte[3]).finish();
      assertThat(stream.head()).contains("422");
    }
  }

  @Test
  void streams_long_exactInOrder() throws Exception {
    int chunk = 77_777; // no multiple of anything here
    long total = 100L * MIB - (100L * MIB) % chunk;
    total -= total % 4;
    long values = total / 4;
    byte[] block = new byte[chunk * 4];
    try (Duplex stream = stream("scale:2.0,add:0.5,clamp:-1:1")) {
      long last = values;
      CompletableFuture<Void> sending =
          sending(
              () -> {
                for (long at = 0; at < last; at += chunk) {
                  int n = (int) Math.min(chunk, last - at);
                  ByteBuffer.wrap(block)
                      .order(ByteOrder.LITTLE_ENDIAN)
                      .asFloatBuffer()
                      .put(valuesFrom(at, n));
                  stream.send(block, n * 4);
                }
                stream.finish();
              });
      assertThat(stream.head()).contains("200");
      for (long at = 0; at < values; at += chunk) {
        int n = (int) Math.min(chunk, values - at);
        float[] got = new float[n];
        ByteBuffer.wrap(stream.read(n * 4)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(got);
        float[] expected = valuesFrom(at, n);
        for (int i = 0; i < n; i++) {
          float v = expected[i] * 2 + 0.5f;
          expected[i] = v < -1 ? -1 : v > 1 ? 1 : v;
        }
        assertThat(Arrays.mismatch(got, expected)).as("from %d on", at).isEqualTo(-1);
      }
      assertThat(stream.read(new byte[1], 0, 1)).isEqualTo(-1);
      sending.join();
    }
  }

  /// Something that is sent.
  private interface Sending {
    void run() throws IOException;
  }

  /// Sends on a thread of its own: the common pool, which completes futures, must not block.
  private static CompletableFuture<Void> sending(Sending sending) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                sending.run();
                done.complete(null);
              } catch (IOException e) {
                done.completeExceptionally(e);
              }
            });
    return done;
  }

  /// Values that tell where in the stream they stand.
  private static float[] valuesFrom(long at, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = ((at + i) * 2_654_435_761L >>> 8 & 0xffff) / 65_536f - 0.5f;
    }
    return values;
  }

  @Test
  void reader_whoDoesNotRead_slowsItsSenderAlone() throws Exception {
    long total = 256L * MIB;
    byte[] block = new byte[MIB];
    AtomicLong sent = new AtomicLong();
    try (Duplex slow = stream("scale:2")) {
      CompletableFuture<Void> sending =
          sending(
              () -> {
                while (sent.get() < total) {
                  slow.send(block);
                  sent.addAndGet(block.length);
                }
                slow.finish();
              });
      for (int i = 0; i < 100; i++) { // others have all that time
        assertThat(post("scale:2", block).body()).hasSize(MIB);
      }
      assertThat(sending).isNotDone();
      assertThat(sent.get()).as("what lies in buffers").isBetween(1L, 64L * MIB);
      assertThat(slow.head()).contains("200");
      for (long read = 0; read < total; read += MIB) {
        assertThat(slow.read(MIB)).isEqualTo(block);
      }
      sending.join();
      assertThat(slow.read(block, 0, 1)).isEqualTo(-1);
    }
  }

  @Test
  void client_whoLeaves_isForgotten() throws IOException {
    for (int i = 0; i < 20; i++) {
      try (Duplex stream = stream("scale:2")) {
        stream.send(new byte[200_000]);
        if (i % 2 == 0) {
          assertThat(stream.head()).contains("200");
        }
        assertThat(served.workers().running()).isLessThanOrEqualTo(20);
      }
    } // and then nothing runs any more, as after each test
  }

  @Test
  void streams_beyondTheirLimit_refusedUntilOneEnds() throws IOException {
    try (Served small = new Served("purser.vectors.streams = 1")) {
      try (Duplex first = new Duplex(small.address, PATH + "scale:2")) {
        first.send(bytes(1));
        assertThat(first.head()).contains("200");
        try (Duplex second = new Duplex(small.address, PATH + "scale:2")) {
          second.send(bytes(1)).finish();
          assertThat(second.head()).contains("503");
        }
        first.finish();
        assertThat(first.read(4)).isEqualTo(bytes(2));
        assertThat(first.read(new byte[1], 0, 1)).isEqualTo(-1);
      }
      small
          .kit
          .createTestProbe()
          .awaitAssert(
              Duration.ofSeconds(20),
              () -> {
                assertThat(small.workers().running()).isZero();
                return true;
              });
      try (Duplex third = new Duplex(small.address, PATH + "scale:2")) {
        third.send(bytes(3)).finish();
        assertThat(third.head()).contains("200");
      }
    }
  }

  @Test
  void echo_forBenchmarks_answersItsBody() {
    byte[] body = new byte[100_001];
    body[100_000] = 7;
    HttpResponse<byte[]> answer =
        served.send(
            "POST", "/bench/echo", BodyPublishers.ofByteArray(body), "Content-Type", OCTETS);
    assertThat(answer.body()).isEqualTo(body);
  }
}
