package dev.purser.http;

import dev.purser.vectors.Chain;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/// Kernels over a body of any length, answered while it is still being sent.
final class TransformCalls {

  private TransformCalls() {}

  /// The answer begins with its first bytes where a body can be wrong at once, so that it is told
  /// so, and where a sender waits for `100 Continue`, so that it has that before the answer.
  static CompletionStage<Answer> transform(Call call) {
    Body body = call.body();
    Chain chain = chain(call);
    if (body.isEmpty()) {
      return CompletableFuture.completedFuture(new Answer.Octets(Source.empty()));
    }
    if (!body.type().equals(Accepts.OCTETS)) {
      throw Problem.unsupported("The body must be of the type " + Accepts.OCTETS + ".");
    }
    checkLength(body, chain);
    Source<ByteString, NotUsed> values =
        call.doors().workers().transform(chain, body.stream(), call.by());
    return canBeWrongAtOnce(call)
        ? begun(values, call)
        : CompletableFuture.completedFuture(new Answer.Octets(values));
  }

  /// Of a body whose length is known nothing can be told but that it broke off, and then nobody
  /// listens. It is answered without waiting, which spares each chunk a way between two streams.
  private static boolean canBeWrongAtOnce(Call call) {
    return call.body().announcedLength().isEmpty() || call.head().expectsContinue;
  }

  private static CompletionStage<Answer> begun(Source<ByteString, NotUsed> values, Call call) {
    return values
        .prefixAndTail(1)
        .runWith(Sink.head(), call.doors().materializer())
        .thenApply(begun -> new Answer.Octets(joined(begun.first(), begun.second())));
  }

  private static Source<ByteString, NotUsed> joined(
      List<ByteString> first, Source<ByteString, NotUsed> rest) {
    return Source.from(first).concat(rest);
  }

  private static Chain chain(Call call) {
    String kernel = call.query().text("kernel");
    if (kernel == null || kernel.isEmpty()) {
      throw Problem.invalid("kernel", "is required").refusal();
    }
    Integer dimension =
        call.query().text("dimension") == null
            ? null
            : call.query().integer("dimension", 1, Chain.MOST_DIMENSIONS, 1);
    return call.doors().workers().chain(kernel, dimension);
  }

  private static void checkLength(Body body, Chain chain) {
    int unit = chain.unit() * Float.BYTES;
    long length = body.announcedLength().orElse(0);
    if (length % unit != 0) {
      throw Problem.invalid("body", "has " + length + " bytes, no multiple of " + unit).refusal();
    }
  }
}
