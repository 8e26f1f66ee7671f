package dev.purser.partitions;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/// What must hold of a record's version before it is changed. Immutable.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "condition")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Condition.VersionIs.class, name = "version_is"),
  @JsonSubTypes.Type(value = Condition.Present.class, name = "present"),
  @JsonSubTypes.Type(value = Condition.Absent.class, name = "absent"),
})
public sealed interface Condition {

  /// Whether it holds of a record that has `version`, 0 if it is absent.
  default boolean holds(long version) {
    return switch (this) {
      case VersionIs v -> version > 0 && v.versions().contains(version);
      case Present _ -> version > 0;
      case Absent _ -> version == 0;
    };
  }

  /// The version is one of these.
  record VersionIs(List<Long> versions) implements Condition {
    public VersionIs {
      versions = List.copyOf(versions);
    }
  }

  /// The record exists.
  record Present() implements Condition {}

  /// The record does not exist.
  record Absent() implements Condition {}
}
