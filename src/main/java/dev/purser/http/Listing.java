package dev.purser.http;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.IntSupplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/// A list that is answered a page at a time, or as a stream of all its pages. One page is in memory
/// at once, and no read transaction spans a client's reading.
///
/// A page ends with the row that makes it [#PAGE_BYTES] long, however many were asked for. That
/// much is held of the node's room for answers before the page is made ([Call#reserve]), by a
/// stream until it ends.
///
/// @param <T> what a row is
abstract class Listing<T> {
  /// The bytes of a page's rows as JSON, but for the last one.
  static final int PAGE_BYTES = 1 << 20;

  private static final int STREAM_PAGE = 500;

  /// How much of a stream is handed to its connection at once, but for the last row.
  private static final int PIECE = 64 << 10;

  /// Some rows, and how many there are in all, or -1 if nobody asked.
  ///
  /// @param shortened whether there may be more rows although fewer were found than asked for
  record Page<T>(List<T> rows, long count, boolean shortened) {
    Page(List<T> rows, long count) {
      this(rows, count, false);
    }
  }

  /// The member that holds the rows; cursors are bound to it and to the path.
  abstract String name();

  /// At most `limit` rows after `place`, or from the start.
  abstract CompletionStage<Page<T>> page(int limit, @Nullable String place, boolean counted);

  /// Where a row stands: the place after which the next page begins.
  abstract String place(T row);

  /// Whether some row could stand at `place`: it may be anything that a client has made up.
  abstract boolean isPlace(String place);

  /// How many bytes a row has as JSON if it is a long one.
  int rowBytes() {
    return 8 << 10;
  }

  /// Writes a row as a JSON value.
  abstract void write(JsonGenerator g, T row) throws IOException;

  /// Writes a row as a line of a stream.
  void writeLine(JsonGenerator g, T row) throws IOException {
    write(g, row);
  }

  /// Rows that are answered in the place of others.
  ///
  /// @param taken how many of the others they stand for, at least one if there are any
  record Completed<T>(List<T> rows, int taken) {}

  /// What only the rows that are answered need; it may end early.
  CompletionStage<Completed<T>> completed(List<T> rows) {
    return CompletableFuture.completedFuture(new Completed<>(rows, rows.size()));
  }

  /// Answers in the form that the caller likes.
  CompletionStage<Answer> answer(Call call) {
    String scope = name() + call.list();
    String place = opened(call.query().text("after"), scope);
    int limit = call.limit();
    boolean lines = call.wantsLines();
    int size = lines && call.query().text("limit") == null ? STREAM_PAGE : limit;
    call.reserve(Math.min(PAGE_BYTES, (long) size * rowBytes()));
    return cut(size, place, !lines)
        .thenApply(
            cut ->
                lines
                    ? new Answer.Lines(lines(size, written(cut)))
                    : Answer.data(Json.measured((g, length) -> writePage(g, length, cut, scope))));
  }

  /// The place that a cursor names, or null at the start of the list.
  private @Nullable String opened(@Nullable String cursor, String scope) {
    if (cursor == null) {
      return null;
    }
    String place = Cursor.open(scope, cursor);
    if (place == null || !isPlace(place)) {
      throw Problem.invalid("after", "is no cursor of this list").refusal();
    }
    return place;
  }

  /// A page and the place of the next one, which is null at the end.
  private record Cut<T>(Page<T> page, @Nullable String next) {}

  /// One row more than the page tells whether there is another page.
  private CompletionStage<Cut<T>> cut(int limit, @Nullable String place, boolean counted) {
    return page(limit + 1, place, counted)
        .thenCompose(
            page -> {
              boolean beyond = page.rows().size() > limit;
              List<T> rows = beyond ? page.rows().subList(0, limit) : page.rows();
              boolean more = beyond || page.shortened();
              return completed(rows).thenApply(done -> cut(page.count(), rows, done, more));
            });
  }

  private Cut<T> cut(long count, List<T> rows, Completed<T> done, boolean more) {
    boolean early = done.taken < rows.size();
    String next = early || more ? place(rows.get(done.taken - 1)) : null;
    return new Cut<>(new Page<>(done.rows, count), next);
  }

  private void writePage(JsonGenerator g, IntSupplier length, Cut<T> cut, String scope)
      throws IOException {
    g.writeStartObject();
    if (cut.page.count() >= 0) {
      g.writeNumberField("count", cut.page.count());
    }
    g.writeArrayFieldStart(name());
    String next = cut.next;
    List<T> rows = cut.page.rows();
    for (int i = 0; i < rows.size(); i++) {
      write(g, rows.get(i));
      if (length.getAsInt() >= PAGE_BYTES && i + 1 < rows.size()) {
        next = place(rows.get(i));
        break;
      }
    }
    g.writeEndArray();
    g.writeStringField("next", next == null ? null : Cursor.of(scope, next));
    g.writeEndObject();
  }

  private Source<ByteString, NotUsed> lines(int size, Written first) {
    Source<Written, NotUsed> rest =
        Source.unfoldAsync(Optional.ofNullable(first.next), at -> following(size, at));
    return Source.single(first).concatLazy(rest).mapConcat(Written::pieces);
  }

  private CompletionStage<Optional<Pair<Optional<String>, Written>>> following(
      int size, Optional<String> at) {
    if (at.isEmpty()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return cut(size, at.get(), false)
        .thenApply(
            cut -> {
              Written written = written(cut);
              return Optional.of(Pair.create(Optional.ofNullable(written.next), written));
            });
  }

  /// A page as lines, and the place of the next one.
  private record Written(List<ByteString> pieces, @Nullable String next) {}

  private Written written(Cut<T> cut) {
    List<ByteString> pieces = new ArrayList<>();
    List<T> rows = cut.page.rows();
    int bytes = 0;
    int at = 0;
    while (at < rows.size() && bytes < PAGE_BYTES) {
      ByteArrayOutputStream piece = new ByteArrayOutputStream(1 << 10);
      while (at < rows.size() && piece.size() < PIECE) {
        T row = rows.get(at++);
        piece.writeBytes(Json.text(g -> writeLine(g, row)));
        piece.write('\n');
      }
      bytes += piece.size();
      pieces.add(ByteString.fromArrayUnsafe(piece.toByteArray()));
    }
    return new Written(pieces, at < rows.size() ? place(rows.get(at - 1)) : cut.next);
  }
}
