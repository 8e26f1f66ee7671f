package dev.purser.documents;

/// A document as it is stored. Immutable.
///
/// @param version above every earlier one of the same id
public record Document(String id, long version, Fields fields) {}
