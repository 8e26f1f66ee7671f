/// The edge: URLs to questions, answers to JSON, refusals to status codes. No business rule lives
/// here.
@NullMarked
package dev.purser.http;

import org.jspecify.annotations.NullMarked;
