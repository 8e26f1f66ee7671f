package dev.purser.customers;

import dev.purser.customers.Customer.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// What a warm customer costs at the door: read one by one, sixty-four at a time, and looked up by
/// the hundred. The baseline of the lookup is the read.
///
/// `java -cp target/test-classes:target/classes:LIB org.openjdk.jmh.Main DoorBenchmark`
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime) // a cost per customer, comparable between all three
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1) // one JVM: the ratio counts, not the last per cent
@Warmup(iterations = 4, time = 5) // the compiler needs about twenty seconds of load
@Measurement(iterations = 3, time = 5)
public class DoorBenchmark {
  private static final int CUSTOMERS = 1_000;
  private static final int AT_ONCE = 64;
  private static final int LOOKED_UP = 100;

  private final List<String> ids = new ArrayList<>();
  private NodeFixture node;
  private int next;

  @Setup(Level.Trial)
  public void open() throws IOException {
    Path folder = Files.createTempDirectory("purser-bench");
    node = new NodeFixture(folder, "pekko.actor.serialize-messages = off", d -> d);
    for (int i = 0; i < CUSTOMERS; i++) {
      ids.add("c" + i);
      node.apply("c" + i, Samples.purchase("p", 100 + i));
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    node.close();
  }

  @Benchmark
  public Reply readOne() {
    next = (next + 1) % CUSTOMERS;
    return node.read(ids.get(next));
  }

  @Benchmark
  @OperationsPerInvocation(AT_ONCE)
  public void readSixtyFour() {
    List<CompletionStage<Reply>> replies = new ArrayList<>(AT_ONCE);
    for (int i = 0; i < AT_ONCE; i++) {
      next = (next + 1) % CUSTOMERS;
      replies.add(node.customers.read(ids.get(next), NodeFixture.soon()));
    }
    for (CompletionStage<Reply> reply : replies) {
      if (!(NodeFixture.await(reply) instanceof Reply.Read)) {
        throw new IllegalStateException("a customer was not read");
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(LOOKED_UP)
  public void lookUpHundred() {
    next = (next + LOOKED_UP) % (CUSTOMERS - LOOKED_UP);
    Customers.Lookup found =
        NodeFixture.await(
            node.customers.lookup(ids.subList(next, next + LOOKED_UP), NodeFixture.soon()));
    if (found.found().size() != LOOKED_UP) {
      throw new IllegalStateException("a customer was not found");
    }
  }
}
