package dev.purser.cluster;

import dev.purser.faults.ServiceError;

/// A message that may travel from node to node. It is bound to [WireSerializer], Jackson's CBOR, so
/// it is a record of plain values; a sealed type used as a component names its subtypes with
/// annotations.
///
/// Its encoding must fit a frame of the remoting (`maximum-frame-size` in conf/pekko.conf): what is
/// a list is cut by bytes, or bounded by a limit that is refused where it is configured. One that
/// the remoting drops all the same is refused to its caller by [DroppedMessages].
public interface Wire {

  /// A message whose sender waits for an answer.
  interface Request extends Wire {
    /// Tells the sender that it is not carried out. Does nothing if no answer is waited for, or if
    /// the request is repeated anyway.
    void refuse(ServiceError why);
  }

  /// The answer that the sender of a [Request] waits for.
  interface Answer extends Wire {
    /// What is sent in its place where it cannot be sent; it is small.
    Answer refusal(ServiceError why);
  }
}
