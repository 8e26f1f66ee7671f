package dev.purser.database;

/// A record as stored.
///
/// @param content handed over: never changed by anyone
@SuppressWarnings("ArrayRecordComponent") // a documented hand-over, compared by nobody
public record StoredRecord(int slice, String id, long version, byte[] content) {}
