/// Keys and certificates by files, for whoever speaks TLS. A leaf: it knows nobody.
@NullMarked
package dev.purser.tls;

import org.jspecify.annotations.NullMarked;
