package dev.purser.faults;

/// One thing wrong with one field of a request, in words for the person who sent it.
///
/// @param field the field's path as the sender wrote it, such as `amount_minor`
/// @param message what is wrong and what is allowed
public record FieldError(String field, String message) {}
