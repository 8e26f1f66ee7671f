package dev.purser.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.StrictJson;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.zip.DataFormatException;
import java.util.zip.ZipException;
import org.apache.pekko.Done;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Compression;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.apache.pekko.util.ByteStringBuilder;
import org.jspecify.annotations.Nullable;

/// The body of one request: read whole within limits, or as a stream, or drained if nobody wants
/// it. At most one of these happens. Confined to its request.
final class Body {
  private static final String JSON = "application/json";

  /// JSON with a charset that is kept, so that a wrong one can be refused: Pekko's own type drops
  /// it.
  static final MediaType.WithOpenCharset JSON_TYPE = MediaTypes.applicationWithOpenCharset("json");

  private static final CompletionStage<Done> RELEASED =
      CompletableFuture.completedFuture(Done.getInstance());
  private static final int INFLATE_CHUNK = 64 << 10;

  private final RequestEntity entity;
  private final Head head;
  private final HttpSettings settings;
  private final HttpMetrics metrics;
  private final Materializer materializer;
  private @Nullable Draining draining;

  Body(
      RequestEntity entity,
      Head head,
      HttpSettings settings,
      HttpMetrics metrics,
      Materializer materializer) {
    this.entity = entity;
    this.head = head;
    this.settings = settings;
    this.metrics = metrics;
    this.materializer = materializer;
  }

  /// The body as JSON; refused with 415, 408, 413 or 400.
  CompletionStage<JsonNode> json(String... otherTypes) {
    if (entity.isKnownEmpty()) {
      throw Problem.malformed("The body is empty.").refusal(); // no type is missed where nothing is
    }
    checkType(JSON, otherTypes);
    return whole().thenApply(Body::parse);
  }

  /// As [#json], or a missing node if there is no body.
  CompletionStage<JsonNode> optionalJson() {
    return optional(JSON)
        .thenApply(bytes -> bytes.length == 0 ? MissingNode.getInstance() : parse(bytes));
  }

  /// The bytes of a body of the type `type` or one of `others`, or none if there is no body. Of a
  /// chunked body only its end tells that there is none, so that its type is judged after it.
  CompletionStage<byte[]> optional(String type, String... others) {
    if (entity.isKnownEmpty()) {
      return CompletableFuture.completedFuture(new byte[0]);
    }
    boolean announced = entity.getContentLengthOption().isPresent();
    if (announced) {
      checkType(type, others);
    }
    return whole()
        .thenApply(
            bytes -> {
              if (!announced && bytes.length > 0) {
                checkType(type, others);
              }
              return bytes;
            });
  }

  boolean isEmpty() {
    return entity.isKnownEmpty();
  }

  /// The body's media type without parameters, in lower case; bytes if none was sent (RFC 9110,
  /// section 8.3). A charset other than UTF-8 is refused.
  String type() {
    if (head.illegalType != null) {
      throw Problem.unsupported("The Content-Type is not a media type.");
    }
    ContentType type = entity.getContentType();
    if (type.mediaType().equals(JSON_TYPE) && type.getCharsetOption().isEmpty()) {
      return JSON;
    }
    String[] parts = type.toString().toLowerCase(Locale.ROOT).split(";", -1);
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip().replace("\"", "");
      if (parameter.startsWith("charset=") && !parameter.matches("charset=(utf-?8|us-ascii)")) {
        throw Problem.unsupported("The charset must be UTF-8.");
      }
    }
    return parts[0].strip();
  }

  /// The whole body, decompressed.
  CompletionStage<byte[]> whole() {
    boolean gzip = isGzip();
    if (entity instanceof HttpEntity.Strict strict) {
      return CompletableFuture.completedFuture(unpacked(strict.getData(), gzip));
    }
    if (entity.getContentLengthOption().orElse(0) > settings.bodyBytes()) {
      throw tooLarge();
    }
    return collected()
        .handle(
            (bytes, failure) -> {
              if (failure != null) {
                throw refusal(failure);
              }
              return unpacked(bytes, gzip);
            });
  }

  /// The body as a stream of any length, decompressed. The source is for one use.
  Source<ByteString, ?> stream() {
    Source<ByteString, ?> bytes = source();
    return (isGzip() ? bytes.via(Compression.gzipDecompress(INFLATE_CHUNK)) : bytes)
        .mapError(Throwable.class, Body::streamFault);
  }

  /// How many bytes [#stream] will give, if that is known before.
  OptionalLong announcedLength() {
    OptionalLong length = entity.getContentLengthOption();
    return isGzip() ? OptionalLong.empty() : length;
  }

  /// Completed when the sender may be answered: nothing more of the body is going to be read.
  CompletionStage<Done> released() {
    Draining begun = draining;
    if (begun != null && begun.started()) {
      return begun.ended();
    }
    // Who expects a 100 sends nothing before it, and needs none to read a refusal.
    if (entity.isStrict() || entity.isKnownEmpty() || head.expectsContinue) {
      return RELEASED;
    }
    var _ = source().runWith(Sink.cancelled(), materializer);
    return draining == null ? RELEASED : draining.ended();
  }

  private Source<ByteString, ?> source() {
    Draining stage = new Draining(settings.drainBytes(), settings.drainTime(), metrics.drainHit);
    draining = stage;
    return Entire.bytes(entity.withoutSizeLimit()).via(stage);
  }

  private CompletionStage<ByteString> collected() {
    return source()
        .completionTimeout(settings.bodyTime())
        .toMat(Sink.fold(new Collected(settings.bodyBytes()), Collected::plus), Keep.right())
        .run(materializer)
        .thenApply(Collected::result);
  }

  private byte[] unpacked(ByteString data, boolean gzip) {
    if (data.size() > settings.bodyBytes()) {
      throw tooLarge();
    }
    byte[] bytes = data.toArrayUnsafe();
    return gzip ? inflated(bytes) : bytes;
  }

  /// Inflates no further than the limit, however much there is.
  private byte[] inflated(byte[] packed) {
    byte[] bytes;
    try (Gunzip in = new Gunzip(packed)) {
      bytes = in.readNBytes(settings.bodyBytes() + 1);
      if (bytes.length <= settings.bodyBytes() && in.rest() > 0) {
        throw Problem.malformed("The body goes on after its gzip.").refusal();
      }
    } catch (IOException _) {
      throw Problem.malformed("The body is not valid gzip.").refusal();
    }
    if (bytes.length > settings.bodyBytes()) {
      throw tooLarge();
    }
    return bytes;
  }

  private static JsonNode parse(byte[] bytes) {
    try {
      return StrictJson.parse(bytes);
    } catch (StrictJson.NotJson e) {
      throw Problem.malformed("The body " + e.why() + ".").refusal();
    }
  }

  private void checkType(String type, String... others) {
    String sent = type();
    if (!sent.equals(type) && !List.of(others).contains(sent)) {
      String or = others.length == 0 ? "." : " or " + String.join(" or ", others) + ".";
      throw Problem.unsupported("The body must be of the type " + type + or);
    }
  }

  private boolean isGzip() {
    String coding = head.contentEncoding;
    if (coding == null || coding.strip().equalsIgnoreCase("identity")) {
      return false;
    }
    if (coding.strip().equalsIgnoreCase("gzip") || coding.strip().equalsIgnoreCase("x-gzip")) {
      return true;
    }
    throw Problem.unsupported("The Content-Encoding must be gzip or none.");
  }

  private Refusal tooLarge() {
    metrics.bodyHit.increment();
    return Problem.tooLarge(
            "The body is longer than " + settings.bodyBytes() + " bytes after decompression.")
        .refusal();
  }

  private Refusal refusal(Throwable failure) {
    Throwable cause = Fault.cause(failure);
    if (cause instanceof TooLong) {
      return tooLarge();
    }
    if (cause instanceof TimeoutException) {
      metrics.bodyTimeHit.increment();
      return Problem.of(
              408,
              "ERR_REQUEST_TIMEOUT",
              "The body did not arrive within " + settings.bodyTime().toMillis() + " ms.")
          .retrying()
          .refusal();
    }
    return Problem.malformed("The body ends before its end.").refusal();
  }

  /// Any failure of a streamed body is the sender's: cut off, or not gzip.
  private static Throwable streamFault(Throwable failure) {
    if (failure instanceof Fault) {
      return failure;
    }
    boolean zip = failure instanceof ZipException || failure instanceof DataFormatException;
    String what = zip ? "is not valid gzip" : "ends before its end";
    return new Fault(ServiceError.Validation.of("body", what), failure);
  }

  /// The body was longer than it may be.
  private static final class TooLong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLong() {
      super("", null, false, false);
    }
  }

  /// Collects chunks up to a limit.
  private static final class Collected {
    private final ByteStringBuilder bytes = ByteString.createBuilder();
    private final int limit;

    Collected(int limit) {
      this.limit = limit;
    }

    Collected plus(ByteString chunk) {
      if (bytes.length() + chunk.size() > limit) {
        throw new TooLong();
      }
      bytes.append(chunk);
      return this;
    }

    ByteString result() {
      return bytes.result();
    }
  }
}
