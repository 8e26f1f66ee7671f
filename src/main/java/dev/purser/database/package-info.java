/// The database actor: coalesced loads, group commits, every SQL string.
@NullMarked
package dev.purser.database;

import org.jspecify.annotations.NullMarked;
