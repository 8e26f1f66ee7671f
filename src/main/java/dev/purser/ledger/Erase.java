package dev.purser.ledger;

/// Removes everything kept of the customer. Always alone in its save.
///
/// @param suppress keep a hash of the id, so that later events are refused
public record Erase(boolean suppress) implements Change {}
