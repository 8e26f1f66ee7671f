/// One sharded entity per customer: it decides, holds the aggregate, writes through and settles.
@NullMarked
package dev.purser.customers;

import org.jspecify.annotations.NullMarked;
