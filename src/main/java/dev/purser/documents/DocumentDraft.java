package dev.purser.documents;

/// The content of a document while it is decided. A draft holds its strings in the pool, so that
/// there is room for them when it is committed.
///
/// @param strings ids in the pool that the draft has a reference to; none if it is held already
@SuppressWarnings("ArrayRecordComponent") // confined to the partition, compared by nobody
record DocumentDraft(Fields fields, int[] strings) {
  private static final int[] NONE = {};

  static DocumentDraft held(Fields fields) {
    return new DocumentDraft(fields, NONE);
  }
}
