/// What can go wrong and what is decided about it. A leaf: it knows nobody.
@NullMarked
package dev.purser.faults;

import org.jspecify.annotations.NullMarked;
