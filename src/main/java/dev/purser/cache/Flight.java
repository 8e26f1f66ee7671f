package dev.purser.cache;

import dev.purser.cache.Cache.Confirmed;
import dev.purser.cache.Cache.Get;
import dev.purser.cache.Cache.Miss;
import dev.purser.cache.Cache.PutAbsent;
import dev.purser.cache.Scripts.Script;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanCursor;
import java.util.Collection;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A command in flight, and what becomes of its answer. Confined to one actor.
///
/// @param <T> the answer
abstract sealed class Flight<T extends @Nullable Object> {
  /// When it was sent.
  long sentNanos;

  /// Whether it was given up; its answer may still come.
  boolean late;

  /// What it is called in metrics.
  abstract String name();

  /// How many bytes wait with it.
  int bytes() {
    return 0;
  }

  abstract CompletionStage<T> send(RedisLink link);

  /// Redis has answered, perhaps late.
  abstract void answered(T answer, Traffic traffic);

  /// It will not be waited for any longer; told once at most, and not after [#answered].
  void failed() {}

  /// Asks for an entry.
  static final class Fetch extends Flight<byte @Nullable []> {
    private final Get get;

    Fetch(Get get) {
      this.get = get;
    }

    String id() {
      return get.id();
    }

    @Override
    String name() {
      return "get";
    }

    @Override
    CompletionStage<byte @Nullable []> send(RedisLink link) {
      return link.get(get.id());
    }

    @Override
    void answered(byte @Nullable [] entry, Traffic traffic) {
      if (!late) {
        get.replyTo().tell(traffic.read(get.id(), entry));
      }
    }

    @Override
    void failed() {
      get.replyTo().tell(new Miss());
    }
  }

  /// Runs a script.
  abstract static sealed class Scripted extends Flight<byte @Nullable []> {
    final String id;
    private final Script script;
    private final byte[][] arguments;

    /// Whether Redis does not know the script and must be told.
    boolean whole;

    Scripted(Script script, String id, byte[]... arguments) {
      this.script = script;
      this.id = id;
      this.arguments = arguments;
    }

    @Override
    int bytes() {
      return arguments[0].length;
    }

    @Override
    CompletionStage<byte @Nullable []> send(RedisLink link) {
      return link.run(script, whole, id, arguments);
    }
  }

  /// Keeps a copy or a mark if it is newer than what is there, or if that has the version `seen`.
  static final class Write extends Scripted {
    private final byte[] entry;
    private final byte[] ttl;
    private final byte[] seen;
    private final @Nullable PutAbsent mark;
    private boolean repeated;

    Write(String id, byte[] entry, byte[] ttl, byte[] seen, @Nullable PutAbsent mark) {
      super(Scripts.WRITE, id, entry, ttl, seen);
      this.entry = entry;
      this.ttl = ttl;
      this.seen = seen;
      this.mark = mark;
    }

    @Override
    String name() {
      return mark == null ? "put" : "mark";
    }

    /// What kept it out may be rubbish that looks like an entry: that is removed, and the write
    /// repeated, once.
    @Override
    void answered(byte @Nullable [] held, Traffic traffic) {
      if (held != null && Encoded.read(id, held) == null) {
        traffic.unreadable(id, held);
        if (!repeated) {
          Write again = new Write(id, entry, ttl, seen, mark);
          again.repeated = true;
          traffic.write(again);
        }
      } else if (mark != null) {
        // A late confirmation is as true as any.
        mark.replyTo().tell(new Confirmed(mark.id(), mark.version()));
      }
    }
  }

  /// Removes what cannot be read.
  static final class Drop extends Scripted {
    Drop(String id, byte[] found) {
      super(Scripts.DROP, id, found);
    }

    @Override
    String name() {
      return "drop";
    }

    @Override
    void answered(byte @Nullable [] nothing, Traffic traffic) {}
  }

  /// Asks for the entry of nobody, to see whether Redis is well.
  static final class Probe extends Flight<byte @Nullable []> {
    @Override
    String name() {
      return "probe";
    }

    @Override
    CompletionStage<byte @Nullable []> send(RedisLink link) {
      return link.get("");
    }

    @Override
    void answered(byte @Nullable [] entry, Traffic traffic) {}
  }

  /// One step of clearing; it may take its time.
  abstract static sealed class Step<T> extends Flight<T> {
    private final Consumer<T> then;
    private final Runnable otherwise;

    Step(Consumer<T> then, Runnable otherwise) {
      this.then = then;
      this.otherwise = otherwise;
    }

    @Override
    void answered(T answer, Traffic traffic) {
      then.accept(answer);
    }

    @Override
    void failed() {
      otherwise.run();
    }
  }

  /// Looks for keys of ours.
  static final class Scan extends Step<KeyScanCursor<String>> {
    private final ScanCursor from;
    private final int step;

    Scan(ScanCursor from, int step, Consumer<KeyScanCursor<String>> then, Runnable otherwise) {
      super(then, otherwise);
      this.from = from;
      this.step = step;
    }

    @Override
    String name() {
      return "scan";
    }

    @Override
    CompletionStage<KeyScanCursor<String>> send(RedisLink link) {
      return link.scan(from, step);
    }
  }

  /// Removes keys.
  static final class Unlink extends Step<Long> {
    private final Collection<String> keys;

    Unlink(Collection<String> keys, Consumer<Long> then, Runnable otherwise) {
      super(then, otherwise);
      this.keys = keys;
    }

    @Override
    String name() {
      return "unlink";
    }

    @Override
    CompletionStage<Long> send(RedisLink link) {
      return link.unlink(keys);
    }
  }
}
