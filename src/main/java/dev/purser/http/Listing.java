package dev.purser.http;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.apache.pekko.util.ByteStringBuilder;
import org.jspecify.annotations.Nullable;

/// A list that is answered a page at a time, or as a stream of all its pages. One page is in memory
/// at once, and no read transaction spans a client's reading.
///
/// @param <T> what a row is
abstract class Listing<T> {
  private static final int STREAM_PAGE = 500;

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

  /// Writes a row as a JSON value.
  abstract void write(JsonGenerator g, T row) throws IOException;

  /// Writes a row as a line of a stream.
  void writeLine(JsonGenerator g, T row) throws IOException {
    write(g, row);
  }

  /// What only the rows that are answered need.
  CompletionStage<List<T>> completed(List<T> rows) {
    return CompletableFuture.completedFuture(rows);
  }

  /// Answers in the form that the caller likes.
  CompletionStage<Answer> answer(Call call) {
    String scope = name() + call.list();
    String place = call.after(scope);
    int limit = call.limit();
    if (call.wantsLines()) {
      int size = call.query().text("limit") == null ? STREAM_PAGE : limit;
      return cut(size, place, false).thenApply(first -> new Answer.Lines(lines(size, first)));
    }
    return cut(limit, place, true).thenApply(cut -> Answer.data(g -> writePage(g, cut, scope)));
  }

  /// A page and the place of the next one, which is null at the end.
  private record Cut<T>(Page<T> page, @Nullable String next) {}

  /// One row more than the page tells whether there is another page.
  private CompletionStage<Cut<T>> cut(int limit, @Nullable String place, boolean counted) {
    return page(limit + 1, place, counted)
        .thenCompose(
            page -> {
              boolean beyond = page.rows().size() > limit;
              boolean more = beyond || page.shortened();
              List<T> rows = beyond ? page.rows().subList(0, limit) : page.rows();
              String next = more ? place(rows.getLast()) : null;
              return completed(rows)
                  .thenApply(done -> new Cut<>(new Page<>(done, page.count()), next));
            });
  }

  private void writePage(JsonGenerator g, Cut<T> cut, String scope) throws IOException {
    if (cut.page.count() >= 0) {
      g.writeNumberField("count", cut.page.count());
    }
    g.writeArrayFieldStart(name());
    for (T row : cut.page.rows()) {
      write(g, row);
    }
    g.writeEndArray();
    g.writeStringField("next", cut.next == null ? null : Cursor.of(scope, cut.next));
  }

  private Source<ByteString, NotUsed> lines(int size, Cut<T> first) {
    Source<ByteString, NotUsed> rest =
        first.next == null
            ? Source.empty()
            : Source.unfoldAsync(Optional.of(first.next), at -> following(size, at));
    return Source.single(encoded(first.page.rows())).concatLazy(rest);
  }

  private CompletionStage<Optional<Pair<Optional<String>, ByteString>>> following(
      int size, Optional<String> at) {
    if (at.isEmpty()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return cut(size, at.get(), false)
        .thenApply(
            cut ->
                Optional.of(Pair.create(Optional.ofNullable(cut.next), encoded(cut.page.rows()))));
  }

  private ByteString encoded(List<T> rows) {
    ByteStringBuilder lines = ByteString.createBuilder();
    for (T row : rows) {
      lines.append(ByteString.fromArrayUnsafe(Json.text(g -> writeLine(g, row))));
      lines.addOne((byte) '\n');
    }
    return lines.result();
  }
}
