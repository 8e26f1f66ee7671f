/// Reading configuration: every key once, every reason for refusal at once. A leaf: it knows
/// nobody.
@NullMarked
package dev.purser.config;

import org.jspecify.annotations.NullMarked;
