/// The values of the domain: purchases, refunds, profiles, totals and the rules they obey. Pure and
/// immutable.
@NullMarked
package dev.purser.ledger;

import org.jspecify.annotations.NullMarked;
