package dev.purser.ingest;

import java.util.ArrayList;
import java.util.List;

/// Judges the records of a block, each by itself, so that blocks can be read on several cores at
/// once. Immutable, safe for many threads.
interface Reader {

  /// One line for each record, in their order.
  List<Line> read(Block block);

  /// What both formats refuse before they look into a record, or null.
  static Verdict.@org.jspecify.annotations.Nullable Rejected unusable(
      Block block, int record, int lineLimit) {
    if (block.cut(record)) {
      return Verdict.Rejected.tooLarge(lineLimit);
    }
    return block.validUtf8(record)
        ? null
        : Verdict.Rejected.unparsable("The line is not valid UTF-8");
  }

  /// An empty list with room for the block's lines.
  static List<Line> room(Block block) {
    return new ArrayList<>(block.records());
  }
}
