/// Connection slots: one supervisor actor per slot, its session, decisions by error type.
@NullMarked
package dev.purser.slots;

import org.jspecify.annotations.NullMarked;
