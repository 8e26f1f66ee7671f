package dev.purser.http;

import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/// What an endpoint answers; the edge gives it its HTTP form. Arrays are handed over.
sealed interface Answer {

  default int status() {
    return 200;
  }

  default List<HttpHeader> headers() {
    return List.of();
  }

  /// The encoded `data` of the success envelope.
  @SuppressWarnings("ArrayRecordComponent") // a documented hand-over, compared by nobody
  record Data(int status, byte[] json, List<HttpHeader> headers) implements Answer {}

  /// The encoded `data` of the success envelope, in pieces that are sent as they are: of large
  /// parts that are in memory anyway there is no second copy.
  record Pieces(List<byte[]> json) implements Answer {}

  /// A body as it is, without envelope.
  @SuppressWarnings("ArrayRecordComponent") // a documented hand-over, compared by nobody
  record Whole(int status, ContentType type, byte[] bytes, List<HttpHeader> headers)
      implements Answer {}

  /// A status without a body.
  record Bare(int status, List<HttpHeader> headers) implements Answer {}

  /// Newline-delimited JSON of any length.
  record Lines(Source<ByteString, NotUsed> lines) implements Answer {}

  /// Bytes of any length.
  record Octets(Source<ByteString, NotUsed> bytes) implements Answer {}

  /// Whether it may begin while the request's body is still on its way.
  default boolean isStream() {
    return this instanceof Lines || this instanceof Octets;
  }

  /// The same answer; a stream goes through `flow`.
  default Answer through(UnaryOperator<Source<ByteString, NotUsed>> flow) {
    return switch (this) {
      case Lines(var lines) -> new Lines(flow.apply(lines));
      case Octets(var bytes) -> new Octets(flow.apply(bytes));
      case Data _, Pieces _, Whole _, Bare _ -> this;
    };
  }

  static Answer data(byte[] json) {
    return new Data(200, json, List.of());
  }

  static Answer data(Json.Writing members) {
    return data(Json.object(members));
  }
}
