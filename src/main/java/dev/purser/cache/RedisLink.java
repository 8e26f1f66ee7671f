package dev.purser.cache;

import dev.purser.cache.Scripts.Script;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One connection to Redis. Commands are gathered until [#flush] and answered in their order.
///
/// ## Keys
///
/// `prefix`, the life of the server, a colon, the id. A server that has started anew may have read
/// an old snapshot, which lacks the marks of those who were erased since and holds their copies; a
/// replica that took over may too. Such copies bear the name of another life, and nobody asks for
/// them.
///
/// Commands are called by its owner alone; the rest is safe for many threads.
final class RedisLink {
  private final StatefulRedisConnection<String, byte[]> connection;
  private final RedisAsyncCommands<String, byte[]> commands;
  private final String prefix;
  private volatile String life = "";
  private volatile boolean gone;

  RedisLink(
      StatefulRedisConnection<String, byte[]> connection, String prefix, Consumer<RedisLink> lost) {
    this.connection = connection;
    this.prefix = prefix;
    commands = connection.async();
    connection.addListener(
        new RedisConnectionStateListener() {
          @Override
          public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
            gone = true;
            lost.accept(RedisLink.this);
          }
        });
  }

  /// Tells Redis the scripts beforehand, if the user may; else each is sent whole when it is
  /// missed.
  CompletionStage<Object> ready() {
    return commands
        .scriptLoad(Scripts.WRITE.text())
        .thenCombine(commands.scriptLoad(Scripts.DROP.text()), (_, _) -> (Object) true)
        .exceptionally(_ -> false);
  }

  /// From here on commands wait for their flush.
  RedisLink alive(String name) {
    life = name;
    connection.setAutoFlushCommands(false);
    return this;
  }

  /// Whether the connection has ended.
  boolean gone() {
    return gone;
  }

  /// What keys of this life begin with.
  String lifePrefix() {
    return prefix + life + ":";
  }

  CompletionStage<byte @Nullable []> get(String id) {
    return commands.get(key(id));
  }

  /// Runs a script on the key of `id`; `whole` sends its text instead of its name.
  CompletionStage<byte @Nullable []> run(
      Script script, boolean whole, String id, byte[]... arguments) {
    String[] keys = {key(id)};
    return whole
        ? commands.eval(
            script.text().getBytes(StandardCharsets.UTF_8), ScriptOutputType.VALUE, keys, arguments)
        : commands.evalsha(script.digest(), ScriptOutputType.VALUE, keys, arguments);
  }

  /// The next keys of ours, of all lives.
  CompletionStage<KeyScanCursor<String>> scan(ScanCursor from, int step) {
    return commands.scan(from, ScanArgs.Builder.matches(prefix + "*").limit(step));
  }

  CompletionStage<Long> unlink(Collection<String> keys) {
    return commands.unlink(keys.toArray(String[]::new));
  }

  void flush() {
    connection.flushCommands();
  }

  /// Ends the connection; what is in flight fails. Returns at once.
  void close() {
    CompletableFuture<Void> _ = connection.closeAsync();
  }

  private String key(String id) {
    return prefix + life + ":" + id;
  }
}
