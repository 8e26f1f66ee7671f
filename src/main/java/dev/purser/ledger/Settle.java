package dev.purser.ledger;

import org.jspecify.annotations.Nullable;

/// Applies all refunds that are pending. Always the last change of its save.
///
/// @param id the caller's idempotency key, or null: then nothing is remembered of it
public record Settle(@Nullable String id) implements Change {}
