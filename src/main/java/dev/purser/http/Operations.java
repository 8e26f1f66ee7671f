package dev.purser.http;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// What the edge may ask of the node that it serves: the operator's questions and orders. The root
/// implements it, so that the edge sees neither database nor cache.
public interface Operations {

  /// Why the node is not ready (`starting`, `draining`, ...), or empty if it is.
  List<String> unready();

  /// Parts that are down while the node serves on: `database`, `cache`.
  List<String> degraded();

  /// Every connection slot, in order.
  CompletionStage<List<Map<String, @Nullable Object>>> slots();

  /// Opens the connection of slot `n` anew after its work in hand; false if there is no such slot.
  CompletionStage<Boolean> recycle(int n);

  /// Stops the database's work until it is resumed.
  ///
  /// @param by who orders it, for the log and for those who are refused meanwhile
  CompletionStage<Void> pauseDatabase(String by);

  CompletionStage<Void> resumeDatabase(String by);

  /// Forgets all cached copies; answers how many there were.
  CompletionStage<Long> clearCache();

  /// The latest decisions: when, actor, error, decision; newest first.
  List<Map<String, Object>> supervision();

  /// The effective configuration as nested maps, secrets masked.
  Map<String, Object> config();

  /// Sets a logger's level until `expiry` has passed; false if the level is unknown.
  boolean logLevel(String logger, String level, Duration expiry);

  /// Whether each answer is the last of its connection, since the node is about to close them all.
  boolean closing();

  /// Turns unready and leaves in order; the process exits 0.
  void drain(String by);
}
