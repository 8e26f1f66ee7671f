/// Joining, roles, and the mark of messages that may travel between nodes.
@NullMarked
package dev.purser.cluster;

import org.jspecify.annotations.NullMarked;
