package dev.purser.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.purser.ledger.EventJson.Reading;
import dev.purser.partitions.Outcome;
import dev.purser.partitions.Partition;
import dev.purser.vectors.Neighbour;
import dev.purser.vectors.Spaces;
import dev.purser.vectors.VectorChange;
import dev.purser.vectors.VectorJson;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/// Calls about vector spaces.
final class VectorCalls {
  private static final String NO_SPACE = "There is no space of this name.";
  private static final String NO_VECTOR = "There is no vector of this id.";

  private VectorCalls() {}

  static CompletionStage<Answer> get(Call call) {
    String space = call.id("space");
    String id = call.id("id");
    return call.doors()
        .vectors()
        .get(space, id, call.deadlineMillis())
        .thenApply(
            found -> {
              float[] vector = found.orElseThrow(() -> Problem.notFound(NO_VECTOR).refusal());
              return Answer.data(
                  g -> {
                    g.writeStringField("space", space);
                    g.writeStringField("id", id);
                    g.writeArrayFieldStart("vector");
                    for (float value : vector) {
                      g.writeNumber(value);
                    }
                    g.writeEndArray();
                  });
            });
  }

  static CompletionStage<Answer> put(Call call) {
    String space = writable(call);
    String id = call.id("id");
    return vector(call.body())
        .thenCompose(
            vector ->
                apply(call, VectorChange.put(space, id, vector))
                    .thenApply(outcome -> stored(call, space, id, vector.length, outcome)));
  }

  private static CompletionStage<float[]> vector(Body body) {
    if (!body.type().equals(Accepts.OCTETS)) {
      return body.json(Accepts.OCTETS).thenApply(json -> good(VectorJson.body(json)));
    }
    return body.whole().thenApply(bytes -> good(VectorJson.body(bytes)));
  }

  private static Answer stored(Call call, String space, String id, int dimension, Outcome outcome) {
    boolean created = outcome instanceof Outcome.Stored stored && stored.created();
    List<HttpHeader> headers =
        created
            ? List.of(
                RawHeader.create(
                    "Location",
                    "/v1/vectors/" + call.rawSegment("space") + "/" + call.rawSegment("id")))
            : List.of();
    byte[] json =
        Json.object(
            g -> {
              g.writeStringField("space", space);
              g.writeStringField("id", id);
              g.writeNumberField("dimension", dimension);
            });
    return new Answer.Data(created ? 201 : 200, json, headers);
  }

  static CompletionStage<Answer> delete(Call call) {
    return apply(call, VectorChange.delete(writable(call), call.id("id")))
        .thenApply(_ -> new Answer.Bare(204, List.of()));
  }

  private static CompletionStage<Outcome> apply(Call call, VectorChange change) {
    return call.doors()
        .vectors()
        .apply(change, call.deadlineMillis())
        .thenApply(
            reply ->
                switch (reply) {
                  case Partition.Reply.Applied(List<Outcome> outcomes) -> outcomes.getFirst();
                  case Partition.Reply.Refused(var error, boolean unknown) ->
                      throw Problem.of(
                              error,
                              unknown ? Problem.Outcome.UNKNOWN : Problem.Outcome.NOT_APPLIED)
                          .refusal();
                })
        .thenApply(
            outcome -> {
              if (outcome instanceof Outcome.Refused(var error)) {
                throw Problem.of(error, Problem.Outcome.NOT_APPLIED).refusal();
              }
              return outcome;
            });
  }

  static CompletionStage<Answer> spaces(Call call) {
    return call.doors()
        .vectors()
        .all(call.deadlineMillis())
        .thenApply(
            spaces ->
                Answer.data(
                    g -> {
                      g.writeArrayFieldStart("spaces");
                      for (Spaces.Space space : spaces) {
                        g.writeStartObject();
                        write(g, space);
                        g.writeEndObject();
                      }
                      g.writeEndArray();
                    }));
  }

  static CompletionStage<Answer> space(Call call) {
    String name = call.id("space");
    return call.doors()
        .vectors()
        .all(call.deadlineMillis())
        .thenApply(
            spaces -> {
              Spaces.Space space =
                  spaces.stream()
                      .filter(s -> s.name().equals(name))
                      .findFirst()
                      .orElseThrow(() -> Problem.notFound(NO_SPACE).refusal());
              return Answer.data(g -> write(g, space));
            });
  }

  private static void write(JsonGenerator g, Spaces.Space space) throws IOException {
    g.writeStringField("name", space.name());
    g.writeNumberField("dimension", space.dimension());
    g.writeNumberField("count", space.count());
  }

  static CompletionStage<Answer> drop(Call call) {
    return call.doors()
        .vectors()
        .drop(writable(call), call.deadlineMillis())
        .thenApply(
            dropped -> {
              if (!dropped) {
                throw Problem.notFound(NO_SPACE).refusal();
              }
              return new Answer.Bare(204, List.of());
            });
  }

  static CompletionStage<Answer> search(Call call) {
    String space = call.id("space");
    return call.body()
        .json()
        .thenApply(json -> good(VectorJson.search(json)))
        .thenCompose(asked -> question(call, space, asked))
        .thenCompose(
            question -> call.doors().vectors().search(space, question, call.deadlineMillis()))
        .thenApply(
            found -> {
              List<Neighbour> neighbours =
                  found.orElseThrow(() -> Problem.notFound(NO_SPACE).refusal());
              return results(neighbours);
            });
  }

  static Answer results(List<Neighbour> neighbours) {
    return Answer.data(
        g -> {
          g.writeArrayFieldStart("results");
          for (Neighbour neighbour : neighbours) {
            g.writeStartObject();
            g.writeStringField("id", neighbour.id());
            g.writeNumberField("score", neighbour.score());
            g.writeEndObject();
          }
          g.writeEndArray();
        });
  }

  private static CompletionStage<Spaces.Question> question(
      Call call, String space, VectorJson.Asked asked) {
    float[] vector = asked.vector();
    String id = asked.id();
    CompletionStage<Optional<float[]>> found =
        id == null
            ? CompletableFuture.completedFuture(Optional.ofNullable(vector))
            : call.doors().vectors().get(space, id, call.deadlineMillis());
    return found.thenApply(
        given ->
            new Spaces.Question(
                given.orElseThrow(() -> Problem.notFound(NO_VECTOR).refusal()),
                asked.metric(),
                asked.k()));
  }

  /// The space that a call writes to.
  private static String writable(Call call) {
    String space = call.id("space");
    if (space.equals(Spaces.TASTE)) {
      throw Problem.of(403, "ERR_FORBIDDEN", "The space taste is kept by the service itself.")
          .refusal();
    }
    return space;
  }

  private static <T> T good(Reading<T> reading) {
    return CustomerCalls.good(reading);
  }
}
