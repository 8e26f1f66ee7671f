/// Strings stored once, as UTF-8. A leaf: it knows only metrics.
@NullMarked
package dev.purser.strings;

import org.jspecify.annotations.NullMarked;
