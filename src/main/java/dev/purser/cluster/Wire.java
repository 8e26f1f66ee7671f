package dev.purser.cluster;

import dev.purser.faults.ServiceError;
import java.util.function.Consumer;

/// A message that may travel from node to node. It is bound to the Jackson CBOR serializer, so it
/// is a record of plain values; a sealed type used as a component names its subtypes with
/// annotations.
///
/// Its encoding must fit a frame of the remoting (`maximum-frame-size` in conf/pekko.conf): what is
/// a list is cut by bytes, or bounded by a limit that is refused where it is configured.
public interface Wire {

  /// Called where the remoting dropped this message, before it left the node: a request is refused
  /// to its sender, an answer is replaced by a refusal, which the recipient gets in its place. What
  /// has no answer, or is sent again by itself, does nothing.
  ///
  /// @param why for the caller
  /// @param recipient takes what is sent in place of this message
  void dropped(ServiceError why, Consumer<Wire> recipient);
}
