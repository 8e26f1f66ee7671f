package dev.purser.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.faults.Decision;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Streams of kernels, without HTTP.
final class WorkersTest {
  private static final ActorTestKit KIT = ActorTestKit.create();

  /// Of its own: the common pool completes futures, and a test holds its workers up.
  private static final ExecutorService THREADS = Executors.newCachedThreadPool();

  private static final int CHUNK = 16 << 10;
  private static final VectorsSettings SETTINGS = settings(Duration.ofHours(1));
  private final SupervisionLog log = new SupervisionLog(50, InstantSource.system());
  private final Workers workers = workers(new SimdKernels(), THREADS);

  /// Everything is handed over to the workers, which is what slow work sees.
  private final Workers handed =
      new Workers(settings(Duration.ZERO), log, new SimdKernels(), THREADS);

  private static VectorsSettings settings(Duration handOver) {
    return new VectorsSettings(CHUNK, 3, handOver, 2, 16);
  }

  @AfterAll
  static void shutdown() {
    KIT.shutdownTestKit();
    THREADS.shutdownNow();
  }

  private Workers workers(Kernels kernels, Executor executor) {
    return new Workers(SETTINGS, log, kernels, executor);
  }

  private static byte[] run(Workers workers, Chain chain, List<ByteString> pieces) {
    return workers
        .transform(chain, Source.from(pieces), "a test")
        .runFold(ByteString.emptyByteString(), ByteString::concat, KIT.system())
        .toCompletableFuture()
        .orTimeout(30, TimeUnit.SECONDS)
        .join()
        .toArray();
  }

  /// Bytes in pieces of any size, some of several parts, as sockets give them.
  private static List<ByteString> pieces(Random random, byte[] bytes, int most) {
    List<ByteString> pieces = new ArrayList<>();
    for (int at = 0; at < bytes.length; ) {
      int n = Math.min(bytes.length - at, 1 + random.nextInt(most));
      ByteString piece = ByteString.fromArray(bytes, at, n);
      at += n;
      pieces.add(n > 2 && n % 3 == 0 ? piece.take(n / 2).concat(piece.drop(n / 2)) : piece);
    }
    return pieces;
  }

  @Test
  void stream_inPiecesOfAnySize_asTheWholeAtOnce() {
    Random random = new Random(9);
    for (int round = 0; round < 60; round++) {
      int dimension = 1 + random.nextInt(round % 2 == 0 ? 50 : 4_096);
      Chain chain = Chain.parse("add:0.25,normalize,clamp:-0.5:0.5", dimension, 9);
      float[] values = Floats.ordinary(random, dimension * random.nextInt(40));
      byte[] bytes = Floats.bytes(values);
      int most = List.of(1, 3, 500, 200_000).get(random.nextInt(4));
      if (most == 1 && bytes.length > 5_000) {
        most = 3_000;
      }
      byte[] got = run(round % 3 == 0 ? handed : workers, chain, pieces(random, bytes, most));
      chain.apply(new SimdKernels(), values, 0, values, 0, values.length);
      Floats.assertSameBits(chain + " of " + dimension, Floats.floats(got), values);
    }
    assertThat(workers.running() + handed.running()).isZero();
  }

  @Test
  void stream_thatNormalizesNothing_asTheWholeAtOnce() {
    Random random = new Random(10);
    for (String text :
        List.of(
            "scale:-3,add:0.5,clamp:-1:1",
            "clamp:-1:1",
            "scale:0.1",
            "add:-7,scale:2,clamp:0:9,add:1,clamp:2:3,scale:0.3,add:4,scale:2,add:0.1")) {
      Chain chain = Chain.parse(text, null, 9);
      for (int round = 0; round < 20; round++) {
        float[] values = Floats.wild(random, random.nextInt(20_000));
        List<ByteString> pieces = pieces(random, Floats.bytes(values), 30_000);
        byte[] got = run(round % 3 == 0 ? handed : workers, chain, pieces);
        chain.apply(new ScalarKernels(), values, 0, values, 0, values.length);
        Floats.assertSameBits(text, Floats.floats(got), values);
      }
    }
  }

  @Test
  void work_thatTakesLong_isHandedOver() {
    AtomicInteger tasks = new AtomicInteger();
    Executor counting =
        task -> {
          tasks.incrementAndGet();
          THREADS.execute(task);
        };
    Chain chain = Chain.parse("scale:2", null, 9);
    List<ByteString> chunks = Collections.nCopies(9, ByteString.fromArray(new byte[CHUNK]));
    VectorsSettings some = settings(Duration.ofNanos(1));
    run(new Workers(some, log, new SimdKernels(), counting), chain, chunks);
    assertThat(tasks).as("all but the first, of which nothing was known").hasValue(8);
    run(new Workers(SETTINGS, log, new SimdKernels(), counting), chain, chunks);
    assertThat(tasks).as("none of a stream whose chunks are quick").hasValue(8);
  }

  @Test
  void stream_thatEndsWithinAVector_failsAfterWhatWasWhole() {
    Chain chain = Chain.parse("normalize", 2, 9);
    List<ByteString> got = new ArrayList<>();
    ByteString body = ByteString.fromArray(Floats.bytes(3, 4, 0, 5, 1));
    assertThatThrownBy(
            () ->
                workers
                    .transform(chain, Source.single(body), "a test")
                    .runForeach(got::add, KIT.system())
                    .toCompletableFuture()
                    .join())
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOf(Fault.class)
        .hasMessage("ERR_VALIDATION: body ends within a vector of 2 values");
    assertThat(got).hasSize(1);
    assertThat(Floats.floats(got.getFirst().toArray())[2]).isZero();
    assertThat(log.latest()).as("a wrong body is no failure of ours").isEmpty();
  }

  /// Kernels whose first `failures` runs throw.
  private static Kernels failing(AtomicInteger failures, RuntimeException failure) {
    ScalarKernels scalar = new ScalarKernels();
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (_, method, arguments) -> {
              if (method.getName().equals("run") && failures.getAndDecrement() > 0) {
                throw failure;
              }
              try {
                return method.invoke(scalar, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void worker_withABug_worksOnceMore() {
    AtomicInteger failures = new AtomicInteger(1);
    Workers odd = workers(failing(failures, new IllegalStateException("bug")), THREADS);
    ByteString body = ByteString.fromArray(Floats.bytes(1, 2));
    byte[] got = run(odd, Chain.parse("scale:2", null, 9), List.of(body));
    assertThat(got).isEqualTo(Floats.bytes(2, 4));
    assertThat(log.latest()).hasSize(1);
    assertThat(log.latest().getFirst().decision()).isEqualTo(Decision.RESTART);
    assertThat(log.latest().getFirst().error()).isEqualTo("ERR_INTERNAL");
  }

  @Test
  void worker_withABugThatStays_endsTheStreamAlone() {
    AtomicInteger failures = new AtomicInteger(2);
    Workers odd = workers(failing(failures, new IllegalStateException("bug")), THREADS);
    ByteString body = ByteString.fromArray(Floats.bytes(1, 2));
    Chain chain = Chain.parse("scale:2", null, 9);
    assertThatThrownBy(() -> run(odd, chain, List.of(body)))
        .hasRootCauseInstanceOf(IllegalStateException.class);
    assertThat(run(odd, chain, List.of(body))).isEqualTo(Floats.bytes(2, 4));
    assertThat(odd.running()).isZero();
  }

  @Test
  void worker_whoseErrorIsTheCallers_doesNotRepeat() {
    AtomicInteger failures = new AtomicInteger(1);
    Fault fault = new Fault(new ServiceError.Timeout("too long"));
    Workers odd = workers(failing(failures, fault), THREADS);
    ByteString body = ByteString.fromArray(Floats.bytes(1));
    assertThatThrownBy(() -> run(odd, Chain.parse("scale:2", null, 9), List.of(body)))
        .hasMessageContaining("too long");
    assertThat(failures).hasValue(0);
    assertThat(log.latest().getFirst().decision()).isEqualTo(Decision.RESUME);
  }

  @Test
  void streams_beyondTheirLimit_refused() {
    Chain chain = Chain.parse("scale:2", null, 9);
    Source<ByteString, NotUsed> late = workers.transform(chain, Source.single(bytes(1)), "a test");
    Source<ByteString, NotUsed> _ =
        workers.transform(chain, Source.empty(), "a test"); // never runs
    Pair<BoundedSourceQueue<ByteString>, SinkQueueWithCancel<ByteString>> one = open(chain);
    Pair<BoundedSourceQueue<ByteString>, SinkQueueWithCancel<ByteString>> two = open(chain);
    for (var stream : List.of(one, two)) { // what has answered has its place
      stream.first().offer(bytes(1));
      assertThat(next(stream.second())).isEqualTo(Floats.bytes(2));
    }
    assertThatThrownBy(() -> workers.transform(chain, Source.empty(), "a test"))
        .isInstanceOf(Fault.class)
        .hasMessageContaining("ERR_OVERLOADED");
    assertThatThrownBy(
            () ->
                late.runWith(Sink.head(), KIT.system())
                    .toCompletableFuture()
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join())
        .hasRootCauseInstanceOf(Fault.class)
        .hasMessageContaining("ERR_OVERLOADED");
    assertThat(workers.running()).isEqualTo(2);
    one.first().complete();
    two.second().cancel();
    TestProbe<String> probe = KIT.createTestProbe();
    probe.awaitAssert(
        Duration.ofSeconds(20),
        () -> {
          assertThat(workers.running()).isZero();
          return true;
        });
  }

  private static ByteString bytes(float value) {
    return ByteString.fromArray(Floats.bytes(value));
  }

  private Pair<BoundedSourceQueue<ByteString>, SinkQueueWithCancel<ByteString>> open(Chain chain) {
    Source<ByteString, BoundedSourceQueue<ByteString>> source = Source.queue(64);
    Pair<BoundedSourceQueue<ByteString>, Source<ByteString, NotUsed>> opened =
        source.preMaterialize(KIT.system());
    return Pair.create(
        opened.first(),
        workers
            .transform(chain, opened.second(), "a test")
            .toMat(Sink.queue(), Keep.right())
            .run(KIT.system()));
  }

  @Test
  void values_asSoonAsTheyCome_areAnswered() {
    var stream = open(Chain.parse("scale:2", null, 9));
    for (float v = 1; v < 20; v++) {
      stream.first().offer(ByteString.fromArray(Floats.bytes(v)));
      assertThat(next(stream.second())).isEqualTo(Floats.bytes(2 * v));
    }
    stream.first().complete();
    assertThat(stream.second().pull().toCompletableFuture().join()).isEmpty();
  }

  /// With the workers held up, chunks in flight are as many as there may be; what comes meanwhile
  /// is gathered, and answered in order.
  @Test
  void workers_heldUp_boundWhatIsInFlightAndGatherTheRest() throws InterruptedException {
    ExecutorService oneByOne =
        Executors.newSingleThreadExecutor(); // so that a permit is the first's
    Semaphore permits = new Semaphore(0);
    AtomicInteger taken = new AtomicInteger();
    Executor slow =
        task -> {
          taken.incrementAndGet();
          oneByOne.execute(
              () -> {
                permits.acquireUninterruptibly();
                task.run();
              });
        };
    Workers held = new Workers(settings(Duration.ZERO), log, new SimdKernels(), slow);
    int values = 40_000;
    List<ByteString> pieces = new ArrayList<>();
    for (int i = 0; i < values; i++) {
      pieces.add(ByteString.fromArray(Floats.bytes(i)));
    }
    Chain chain = Chain.parse("add:1", null, 9);
    SinkQueueWithCancel<ByteString> out =
        held.transform(chain, Source.from(pieces), "a test").runWith(Sink.queue(), KIT.system());
    KIT.createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(20),
            () -> {
              assertThat(taken).hasValue(SETTINGS.inFlight());
              return true;
            });
    int chunks = 0;
    float expected = 1;
    for (boolean more = true; more; ) {
      permits.release();
      Optional<ByteString> got =
          out.pull().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
      more = got.isPresent();
      chunks += more ? 1 : 0;
      for (float v : Floats.floats(got.orElse(ByteString.emptyByteString()).toArray())) {
        assertThat(v).isEqualTo(expected++);
      }
    }
    oneByOne.shutdown();
    assertThat(expected).isEqualTo(values + 1f);
    // Those that were in flight before anything was gathered are small; how many more depends on
    // who was faster. The rest are full.
    assertThat(chunks).isLessThanOrEqualTo(10 * SETTINGS.inFlight() + values * 4 / CHUNK + 1);
  }

  private static byte[] next(SinkQueueWithCancel<ByteString> queue) {
    return queue
        .pull()
        .toCompletableFuture()
        .orTimeout(20, TimeUnit.SECONDS)
        .join()
        .orElseThrow()
        .toArray();
  }
}
