package dev.purser.documents;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.purser.partitions.Change;
import dev.purser.partitions.Condition;
import org.jspecify.annotations.Nullable;

/// Something that a caller wants to happen to one document. What it holds has been judged. A
/// condition that does not hold refuses it.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "change")
@JsonSubTypes({
  @JsonSubTypes.Type(value = DocumentChange.Put.class, name = "put"),
  @JsonSubTypes.Type(value = DocumentChange.Append.class, name = "append"),
  @JsonSubTypes.Type(value = DocumentChange.Delete.class, name = "delete"),
})
public sealed interface DocumentChange extends Change {

  @Nullable Condition condition();

  /// The document gets these fields, whatever it had.
  ///
  /// @param fields their compact form ([Fields#encoded()]), handed over
  @SuppressWarnings("ArrayRecordComponent") // a documented hand-over, compared by nobody
  record Put(String id, byte[] fields, @Nullable Condition condition) implements DocumentChange {
    @Override
    public int weight() {
      return id.length() + fields.length;
    }
  }

  /// One field of a document that exists gets one value more, unless it has it.
  record Append(String id, String name, String value, @Nullable Condition condition)
      implements DocumentChange {
    @Override
    public int weight() {
      // A value that is added makes the whole document be written.
      return id.length() + 2 * (name.length() + value.length());
    }
  }

  /// The document goes.
  record Delete(String id, @Nullable Condition condition) implements DocumentChange {
    @Override
    public int weight() {
      return id.length();
    }
  }
}
