package dev.purser.documents;

import dev.purser.faults.ServiceError;
import dev.purser.partitions.Condition;
import dev.purser.partitions.Holding;
import dev.purser.partitions.Partition;
import dev.purser.strings.PoolFull;
import dev.purser.strings.StringPool;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The documents of one partition, on a shelf. Confined to the partition.
///
/// ## Layout of a record's content
///
///     byte 0   1, the format
///     1 to end the fields as [Fields] draws them
final class DocumentHolding implements Holding<DocumentChange, DocumentDraft> {
  private static final byte FORMAT = 1;

  private final Shelf shelf;
  private final StringPool pool;
  private final DocumentKind kind;

  DocumentHolding(Shelf shelf, DocumentKind kind) {
    this.shelf = shelf;
    this.pool = kind.pool();
    this.kind = kind;
  }

  @Override
  public long version(String id) {
    return Math.max(0, shelf.version(id));
  }

  @Override
  public @Nullable DocumentDraft content(String id) {
    Document document = shelf.get(id);
    return document == null ? null : DocumentDraft.held(document.fields());
  }

  @Override
  public Decided<DocumentDraft> decide(
      DocumentChange change, @Nullable DocumentDraft current, long version) {
    Condition condition = change.condition();
    if (condition != null && !condition.holds(version)) {
      return new Decided.Refuse<>(
          new ServiceError.Precondition("The document is not as the request wants it."));
    }
    return switch (change) {
      case DocumentChange.Put put -> put(Fields.decode(put.fields()), current);
      case DocumentChange.Append append when current != null -> append(append, current.fields());
      case DocumentChange.Delete _ when current != null -> new Decided.Remove<>();
      case DocumentChange.Append _, DocumentChange.Delete _ ->
          new Decided.Refuse<>(new ServiceError.NotFound("There is no document of this id."));
    };
  }

  private Decided<DocumentDraft> put(Fields fields, @Nullable DocumentDraft current) {
    if (current != null) {
      return current.fields().equals(fields) ? new Decided.Same<>() : draft(fields);
    }
    if (shelf.size().documents() >= kind.most()) {
      kind.metrics().full();
      return new Decided.Refuse<>(new ServiceError.Overloaded("There are too many documents"));
    }
    return draft(fields);
  }

  private Decided<DocumentDraft> append(DocumentChange.Append append, Fields fields) {
    if (fields.contains(append.name(), append.value())) {
      return new Decided.Same<>();
    }
    if (fields.values() >= DocumentJson.MOST_VALUES) {
      return new Decided.Refuse<>(
          ServiceError.Validation.of("value", "would be one beyond " + DocumentJson.MOST_VALUES));
    }
    Fields more = fields.plus(append.name(), append.value());
    return more.names() > DocumentJson.MOST_FIELDS
        ? new Decided.Refuse<>(
            ServiceError.Validation.of(
                "name", "would be one field beyond " + DocumentJson.MOST_FIELDS))
        : draft(more);
  }

  private Decided<DocumentDraft> draft(Fields fields) {
    Holder holder = new Holder();
    try {
      fields.visit(holder);
      return new Decided.Put<>(new DocumentDraft(fields, holder.held()));
    } catch (PoolFull full) {
      release(holder.held());
      return new Decided.Refuse<>(new ServiceError.Overloaded(String.valueOf(full.getMessage())));
    }
  }

  @Override
  public byte[] encode(DocumentDraft content) {
    byte[] fields = content.fields().encoded();
    byte[] encoded = new byte[fields.length + 1];
    encoded[0] = FORMAT;
    System.arraycopy(fields, 0, encoded, 1, fields.length);
    return encoded;
  }

  /// The fields of what [#encode] made.
  static Fields decode(byte[] content) {
    if (content.length == 0 || content[0] != FORMAT) {
      throw new IllegalArgumentException("a document in a format that this version does not know");
    }
    return Fields.decode(Arrays.copyOfRange(content, 1, content.length));
  }

  @Override
  public void put(String id, long version, DocumentDraft draft) {
    var _ = shelf.put(id, version, draft.fields());
    release(draft.strings());
  }

  @Override
  public void discard(DocumentDraft draft) {
    release(draft.strings());
  }

  @Override
  public void load(String id, long version, byte[] content) {
    var _ = shelf.put(id, version, decode(content));
  }

  @Override
  public void remove(String id) {
    var _ = shelf.remove(id);
  }

  @Override
  public void answer(Partition.Question question) {
    switch (question) {
      case DocumentAsk.Get(String id, var replyTo) -> {
        Document document = shelf.get(id);
        replyTo.tell(
            document == null
                ? new DocumentAsk.Told.One(0, null)
                : new DocumentAsk.Told.One(document.version(), document.fields().encoded()));
      }
      case DocumentAsk.Find find -> find.replyTo().tell(found(find));
      default -> throw new IllegalStateException("not of documents: " + question.getClass());
    }
  }

  private DocumentAsk.Told found(DocumentAsk.Find find) {
    long count = find.counted() ? shelf.count(find.filter()) : -1;
    Page page =
        find.limit() == 0 || count == 0
            ? Page.EMPTY
            : shelf.page(find.filter(), find.limit(), find.after());
    return new DocumentAsk.Told.Found(count, page.ids(), page.more());
  }

  @Override
  public void close() {
    shelf.close();
  }

  private void release(int[] strings) {
    for (int string : strings) {
      pool.release(string);
    }
  }

  /// Takes a reference to every string.
  private final class Holder implements Fields.Visitor {
    private int[] strings = new int[16];
    private int count;

    @Override
    public void name(byte[] bytes, int from, int length) {
      hold(pool.intern(bytes, from, length));
    }

    @Override
    public void value(byte[] bytes, int from, int length) {
      hold(pool.intern(bytes, from, length));
    }

    private void hold(int string) {
      if (count == strings.length) {
        strings = Arrays.copyOf(strings, 2 * count);
      }
      strings[count++] = string;
    }

    int[] held() {
      return Arrays.copyOf(strings, count);
    }
  }
}
