package dev.purser.partitions;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.purser.cluster.Wire;
import dev.purser.faults.ServiceError;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorRef;

/// A kind of records for tests: an id and a text, held in a map. Some words make it misbehave.
final class Notes implements Kind<Notes.Edit, String> {
  /// A question with this id fails.
  static final String POISON = "poison";

  /// Drafts that were made and neither put nor discarded, of all shares together.
  final AtomicInteger drafts = new AtomicInteger();

  @Override
  public String collection() {
    return "notes";
  }

  @Override
  public Holding<Edit, String> open(ActorRef<Partition.Command> self) {
    return new Share();
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "edit")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Write.class, name = "write"),
    @JsonSubTypes.Type(value = Append.class, name = "append"),
    @JsonSubTypes.Type(value = Delete.class, name = "delete"),
  })
  sealed interface Edit extends Change {
    @Override
    default int weight() {
      return 10;
    }
  }

  record Write(String id, String text) implements Edit {}

  record Append(String id, String text) implements Edit {}

  record Delete(String id) implements Edit {}

  record Apply(
      List<Edit> changes, boolean bulk, long deadlineMillis, ActorRef<Partition.Reply> replyTo)
      implements Partition.Apply<Edit> {}

  record Get(String id, ActorRef<Told> replyTo) implements Partition.Question {
    @Override
    public void refuse(ServiceError error) {
      replyTo.tell(new Told(null, 0, error));
    }
  }

  record Count(ActorRef<Told> replyTo) implements Partition.Question {
    @Override
    public void refuse(ServiceError error) {
      replyTo.tell(new Told(null, 0, error));
    }
  }

  /// A note, or a number as its version.
  record Told(String text, long version, ServiceError error) implements Wire.Answer {
    @Override
    public Told refusal(ServiceError why) {
      return new Told(null, 0, why);
    }
  }

  private final class Share implements Holding<Edit, String> {
    private final Map<String, String> texts = new HashMap<>();
    private final Map<String, Long> versions = new HashMap<>();

    @Override
    public long version(String id) {
      return versions.getOrDefault(id, 0L);
    }

    @Override
    public String content(String id) {
      return texts.get(id);
    }

    @Override
    public Decided<String> decide(Edit change, String current, long version) {
      return switch (change) {
        case Write(_, String text) when text.equals(current) -> new Decided.Same<>();
        case Write(_, String text) -> draft(text);
        case Append(_, String text) -> draft((current == null ? "" : current) + text);
        case Delete _ when current != null -> new Decided.Remove<>();
        case Delete _ -> new Decided.Refuse<>(new ServiceError.NotFound("none"));
      };
    }

    private Decided<String> draft(String text) {
      drafts.incrementAndGet();
      return new Decided.Put<>(text);
    }

    @Override
    public byte[] encode(String content) {
      return content.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void put(String id, long version, String draft) {
      drafts.decrementAndGet();
      texts.put(id, draft);
      versions.put(id, version);
    }

    @Override
    public void discard(String draft) {
      drafts.decrementAndGet();
    }

    @Override
    public void load(String id, long version, byte[] content) {
      texts.put(id, new String(content, StandardCharsets.UTF_8));
      versions.put(id, version);
    }

    @Override
    public void remove(String id) {
      texts.remove(id);
      versions.remove(id);
    }

    @Override
    public void answer(Partition.Question question) {
      switch (question) {
        case Get(String id, var replyTo) -> {
          if (id.equals(POISON)) {
            throw new IllegalStateException("a bug in an answer");
          }
          replyTo.tell(new Told(texts.get(id), version(id), null));
        }
        case Count(var replyTo) -> replyTo.tell(new Told(null, texts.size(), null));
        default -> throw new IllegalStateException(question.toString());
      }
    }

    @Override
    public void close() {
      texts.clear();
    }
  }
}
