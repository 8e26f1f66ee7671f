/// Purser: the process, its settings and its guardian.
@NullMarked
package dev.purser;

import org.jspecify.annotations.NullMarked;
