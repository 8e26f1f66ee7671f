/// Kernels over 32-bit floats and their streams, vector spaces, exact top-k search. The only home
/// of the JDK's vector API.
@NullMarked
package dev.purser.vectors;

import org.jspecify.annotations.NullMarked;
