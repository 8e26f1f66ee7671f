/// The bulk lane: bytes to lines, lines to events, events to customers; what cannot be used becomes
/// a dead letter.
@NullMarked
package dev.purser.ingest;

import org.jspecify.annotations.NullMarked;
