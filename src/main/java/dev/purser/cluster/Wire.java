package dev.purser.cluster;

/// A message that may travel from node to node. It is bound to the Jackson CBOR serializer, so it
/// is a record of plain values; a sealed type used as a component names its subtypes with
/// annotations.
public interface Wire {}
