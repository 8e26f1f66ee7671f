package dev.purser.documents;

import java.util.List;

/// Ids in the order of their UTF-8 bytes. Immutable.
///
/// @param more whether others follow after the last of them
public record Page(List<String> ids, boolean more) {
  /// No ids.
  public static final Page EMPTY = new Page(List.of(), false);

  public Page {
    ids = List.copyOf(ids);
  }
}
