/// The one mechanism by which documents and vectors are owned and kept: partition actors, each the
/// only owner of its share of an index, over records in the database.
@NullMarked
package dev.purser.partitions;

import org.jspecify.annotations.NullMarked;
