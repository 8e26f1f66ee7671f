/// The cache actor: versioned copies of profiles, bounded, never trusted over the database.
@NullMarked
package dev.purser.cache;

import org.jspecify.annotations.NullMarked;
