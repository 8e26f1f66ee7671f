package dev.purser.cluster;

import dev.purser.config.Keys;
import java.io.NotSerializableException;
import org.apache.pekko.actor.Dropped;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/// Jackson's CBOR, with an eye on the length of requests. Sharding puts them into an envelope, and
/// an envelope that does not fit a frame is dropped by the remoting without an event: here it is
/// published as what it is. (Messages without envelope are published by the remoting itself.)
///
/// Named in conf/pekko.conf. Safe for many threads.
public final class WireSerializer extends SerializerWithStringManifest {
  static final String DROPPED = "Discarding oversized request";
  private static final String JACKSON = "actor.serialization-identifiers.jackson-cbor";

  /// Room in a frame for what is put around a request: paths, and the id of its entity.
  private static final int ENVELOPE = 16 << 10;

  private final ExtendedActorSystem system;
  private final int jackson;
  private final long limit;

  /// The request does not fit a frame.
  private static final class Oversized extends RuntimeException {
    private static final long serialVersionUID = 1;

    Oversized(String message) {
      super(message, null, false, false); // where it was found is always the same
    }
  }

  public WireSerializer(ExtendedActorSystem system) {
    this.system = system;
    Keys pekko = new Keys(system.settings().config()).at("pekko");
    jackson = pekko.integer(JACKSON, 0, Integer.MAX_VALUE);
    limit =
        pekko.bytes("remote.artery.advanced.maximum-frame-size", 2 * ENVELOPE, Integer.MAX_VALUE)
            - ENVELOPE;
  }

  @Override
  public int identifier() {
    return 0x50555253; // 'PURS': any number that no other serializer has
  }

  @Override
  public String manifest(Object message) {
    return jackson().manifest(message);
  }

  @Override
  public byte[] toBinary(Object message) {
    byte[] bytes = jackson().toBinary(message);
    if (bytes.length > limit && message instanceof Wire.Request) {
      String reason = DROPPED + " of " + bytes.length + " bytes, " + message.getClass().getName();
      system.eventStream().publish(Dropped.apply(message, reason, system.deadLetters()));
      throw new Oversized(reason);
    }
    return bytes;
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    return jackson().fromBinary(bytes, manifest);
  }

  /// Not there yet when this one is made.
  private SerializerWithStringManifest jackson() {
    return (SerializerWithStringManifest)
        SerializationExtension.get(system).serializerByIdentity().apply(jackson);
  }
}
