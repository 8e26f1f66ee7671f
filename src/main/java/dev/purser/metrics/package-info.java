/// Kamon behind one door. A leaf: it knows nobody.
@NullMarked
package dev.purser.metrics;

import org.jspecify.annotations.NullMarked;
