package dev.purser.documents;

/// A condition: the field `name` has the value `value`, byte for byte. Immutable.
public record Match(String name, String value) {}
