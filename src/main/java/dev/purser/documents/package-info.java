/// Records of pooled strings, found by exact match over their fields.
@NullMarked
package dev.purser.documents;

import org.jspecify.annotations.NullMarked;
