package dev.purser.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.io.File;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.serialization.SerializationExtension;

/// The largest message that nodes send each other, as shipped.
public final class Frame {
  public static final int BYTES =
      (int)
          ConfigFactory.parseFile(new File("conf/pekko.conf"))
              .getBytes("pekko.remote.artery.advanced.maximum-frame-size")
              .longValue();

  /// What the remoting and sharding put around a message: paths, and the id of its entity.
  private static final int ENVELOPE = 16 << 10;

  private Frame() {}

  /// Whether `message` can be sent; its length.
  public static int assertHolds(ActorSystem<?> system, Object message) {
    int length = SerializationExtension.get(system).serialize(message).get().length;
    assertThat(length).as(message.getClass().getName()).isLessThanOrEqualTo(BYTES - ENVELOPE);
    return length;
  }
}
