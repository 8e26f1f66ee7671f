/// Keys and certificates in PEM files, for HTTP and for the protocol between nodes. A leaf: it uses
/// no other package.
@NullMarked
package dev.purser.tls;

import org.jspecify.annotations.NullMarked;
