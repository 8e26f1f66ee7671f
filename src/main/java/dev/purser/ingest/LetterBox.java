package dev.purser.ingest;

import dev.purser.database.Letter;
import dev.purser.ingest.Batches.Item;
import dev.purser.ingest.Verdict.Rejected;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The rejected lines of one run that wait to be written as dead letters, one batch at a time.
/// Confined to the run that owns it, which bounds how many lines wait.
final class LetterBox {
  private static final long BATCH_BYTES = 1 << 20;

  private final int batch;
  private final int headerCharacters;
  private List<Post> waiting = new ArrayList<>();
  private long waitingBytes;
  private boolean writing;

  /// @param header of the lines' file, which each letter carries, or null
  LetterBox(int batch, @Nullable String header) {
    this.batch = batch;
    this.headerCharacters = length(header);
  }

  /// A rejected line and why.
  record Post(Item item, Rejected why) {

    /// The letter of the line. A replayed line keeps its letter's run, place and derived id.
    Letter letter(String run, @Nullable String profile, @Nullable String header, long nowMillis) {
      Line line = item.line();
      Letter old = line.letter();
      return new Letter(
          0,
          old == null ? run : old.run(),
          line.number(),
          why.reason(),
          why.code(),
          why.message(),
          line.block().text(line.record()),
          old == null ? profile : old.profile(),
          old == null ? header : old.header(),
          line.derivedId(),
          why.customer() == null && old != null ? old.customer() : why.customer(),
          nowMillis);
    }
  }

  void add(Post post) {
    waiting.add(post);
    Line line = post.item().line();
    Letter old = line.letter();
    waitingBytes += Math.min(line.bytes(), Block.RAW_BYTES) + post.why().message().length();
    waitingBytes += old == null ? headerCharacters : length(old.header());
  }

  private static int length(@Nullable String header) {
    return header == null ? 0 : header.length();
  }

  boolean full() {
    return waiting.size() >= batch || waitingBytes >= BATCH_BYTES;
  }

  boolean waiting() {
    return !waiting.isEmpty();
  }

  boolean writing() {
    return writing;
  }

  /// Takes what waits to write it; nothing more may be taken before [#written()].
  List<Post> take() {
    List<Post> posts = waiting;
    waiting = new ArrayList<>();
    waitingBytes = 0;
    writing = true;
    return posts;
  }

  void written() {
    writing = false;
  }

  void clear() {
    waiting = new ArrayList<>();
    waitingBytes = 0;
  }
}
