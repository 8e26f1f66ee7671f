package dev.purser.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.purser.documents.Document;
import dev.purser.documents.DocumentChange;
import dev.purser.documents.DocumentJson;
import dev.purser.documents.Documents;
import dev.purser.documents.Fields;
import dev.purser.documents.Match;
import dev.purser.faults.FieldError;
import dev.purser.ledger.JsonFields;
import dev.purser.ledger.Rules;
import dev.purser.partitions.Condition;
import dev.purser.partitions.Outcome;
import dev.purser.partitions.Partition;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/// Calls about documents.
final class DocumentCalls {

  private DocumentCalls() {}

  static CompletionStage<Answer> get(Call call) {
    return call.doors()
        .documents()
        .get(call.id("id"), call.deadlineMillis())
        .thenApply(
            found -> {
              Document document =
                  found.orElseThrow(
                      () -> Problem.notFound("There is no document of this id.").refusal());
              List<HttpHeader> tag = List.of(tag(document.version()));
              return Preconditions.unchanged(call.head(), document.version())
                  ? new Answer.Bare(304, tag)
                  : new Answer.Data(200, json(document), tag);
            });
  }

  static CompletionStage<Answer> put(Call call) {
    String id = call.id("id");
    Condition condition = Preconditions.ofRecord(call.head());
    return call.body()
        .json()
        .thenCompose(
            json -> {
              Fields fields = CustomerCalls.good(DocumentJson.body(json));
              return apply(call, new DocumentChange.Put(id, fields.encoded(), condition));
            })
        .thenApply(outcome -> stored(call, id, outcome));
  }

  static CompletionStage<Answer> append(Call call) {
    String id = call.id("id");
    Condition condition = Preconditions.ofRecord(call.head());
    return call.body()
        .json()
        .thenCompose(
            json -> {
              var more = CustomerCalls.good(DocumentJson.value(json));
              return apply(
                  call, new DocumentChange.Append(id, more.name(), more.value(), condition));
            })
        .thenApply(outcome -> stored(call, id, outcome));
  }

  static CompletionStage<Answer> delete(Call call) {
    Condition condition = Preconditions.ofRecord(call.head());
    return apply(call, new DocumentChange.Delete(call.id("id"), condition))
        .thenApply(_ -> new Answer.Bare(204, List.of()));
  }

  static CompletionStage<Answer> list(Call call) {
    return new Matching(call, filter(call)).answer(call);
  }

  private static CompletionStage<Outcome> apply(Call call, DocumentChange change) {
    return call.doors()
        .documents()
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

  private static Answer stored(Call call, String id, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Stored(long version, boolean created, byte[] content, _) ->
          answer(call, created, new Document(id, version, fields(content)));
      case Outcome.Same(long version, byte[] content) ->
          answer(call, false, new Document(id, version, fields(content)));
      case Outcome.Removed _, Outcome.Refused _ ->
          throw new IllegalStateException("a document was put and is not there");
    };
  }

  private static Fields fields(byte @Nullable [] content) {
    if (content == null) {
      throw new IllegalStateException("an interactive change was answered without its content");
    }
    return Documents.fields(content);
  }

  private static Answer answer(Call call, boolean created, Document document) {
    List<HttpHeader> headers = new ArrayList<>(2);
    headers.add(tag(document.version()));
    if (created) {
      headers.add(RawHeader.create("Location", "/v1/documents/" + call.rawSegment("id")));
    }
    return new Answer.Data(created ? 201 : 200, json(document), headers);
  }

  private static byte[] json(Document document) {
    return Json.object(g -> DocumentJson.write(g, document));
  }

  private static HttpHeader tag(long version) {
    return RawHeader.create("ETag", Preconditions.tag(version));
  }

  private static List<Match> filter(Call call) {
    List<Match> filter = new ArrayList<>();
    List<FieldError> errors = new ArrayList<>();
    call.query()
        .startingWith("field.")
        .forEach(
            (name, value) -> {
              if (Rules.whyNotText(name) != null || Rules.whyNotText(value) != null) {
                errors.add(
                    new FieldError(
                        "field." + JsonFields.clipped(name),
                        "names or asks for what no field may hold"));
              }
              filter.add(new Match(name, value));
            });
    if (filter.size() > DocumentJson.MOST_FIELDS) {
      errors.add(
          new FieldError(
              "field", "may be asked for " + DocumentJson.MOST_FIELDS + " names at most"));
    }
    if (!errors.isEmpty()) {
      throw Problem.invalid(errors).refusal();
    }
    return filter;
  }

  /// Ids of documents, in their order.
  private static final class Matching extends Listing<String> {
    private final Call call;
    private final List<Match> filter;

    Matching(Call call, List<Match> filter) {
      this.call = call;
      this.filter = filter;
    }

    @Override
    String name() {
      return "ids";
    }

    @Override
    CompletionStage<Page<String>> page(int limit, @Nullable String place, boolean counted) {
      return call.doors()
          .documents()
          .find(filter, counted, limit, place, call.freshDeadlineMillis())
          .thenApply(found -> new Page<>(found.ids(), found.count()));
    }

    @Override
    String place(String id) {
      return id;
    }

    @Override
    boolean isPlace(String place) {
      return Rules.whyNotId(place) == null;
    }

    /// The longest id, its characters of four bytes each.
    @Override
    int rowBytes() {
      return 512;
    }

    @Override
    void write(JsonGenerator g, String id) throws IOException {
      g.writeString(id);
    }

    @Override
    void writeLine(JsonGenerator g, String id) throws IOException {
      g.writeStartObject();
      g.writeStringField("id", id);
      g.writeEndObject();
    }
  }
}
