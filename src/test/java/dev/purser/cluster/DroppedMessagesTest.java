package dev.purser.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.faults.ServiceError;
import dev.purser.testing.Frame;
import java.io.File;
import java.time.Duration;
import org.apache.pekko.actor.Dropped;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Two nodes on real sockets with the shipped frame: what just fits it arrives, what does not is
/// refused to whoever waits for it.
final class DroppedMessagesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /// What is kept free for what is put around a message.
  private static final int HEAD = (16 << 10) + 512;

  private ActorTestKit asking;
  private ActorTestKit answering;
  private TestProbe<Echo> answers;
  private ActorRef<Question> echo;

  /// Asks for so many bytes.
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  record Question(byte[] padding, int wanted, ActorRef<Echo> replyTo) implements Wire.Request {
    @Override
    public void refuse(ServiceError why) {
      replyTo.tell(new Echo.Refused(why));
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "answer")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Echo.Bytes.class, name = "bytes"),
    @JsonSubTypes.Type(value = Echo.Refused.class, name = "refused"),
  })
  sealed interface Echo extends Wire.Answer {
    @Override
    default Echo refusal(ServiceError why) {
      return new Refused(why);
    }

    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Bytes(byte[] bytes) implements Echo {}

    record Refused(ServiceError error) implements Echo {}
  }

  @BeforeEach
  void start() {
    asking = node();
    answering = node();
    answers = asking.createTestProbe(Echo.class);
    echo =
        seenFrom(
            asking,
            answering,
            answering.spawn(
                Behaviors.<Question>receiveMessage(
                    question -> {
                      question.replyTo().tell(new Echo.Bytes(new byte[question.wanted()]));
                      return Behaviors.same();
                    })));
  }

  @AfterEach
  void stop() {
    asking.shutdownTestKit();
    answering.shutdownTestKit();
  }

  private static ActorTestKit node() {
    Config config =
        ConfigFactory.parseString(
                """
                pekko {
                  loglevel = OFF
                  stdout-loglevel = OFF
                  remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                  cluster.jmx.multi-mbeans-in-same-jvm = on
                }
                """)
            .withFallback(ConfigFactory.parseFile(new File("conf/pekko.conf")))
            .withFallback(ConfigFactory.load())
            .resolve();
    ActorTestKit kit = ActorTestKit.create("purser", config);
    kit.spawn(DroppedMessages.create());
    return kit;
  }

  /// An actor of one node as another one knows it.
  private static <T> ActorRef<T> seenFrom(ActorTestKit there, ActorTestKit here, ActorRef<T> ref) {
    String path = ActorRefResolver.get(here.system()).toSerializationFormat(ref);
    return ActorRefResolver.get(there.system()).resolveActorRef(path);
  }

  private void ask(int bytes, int wanted) {
    echo.tell(new Question(new byte[bytes], wanted, answers.ref()));
  }

  private void assertRefused(Class<? extends ServiceError> why) {
    Echo answer = answers.receiveMessage(PATIENCE);
    assertThat(((Echo.Refused) answer).error()).isInstanceOf(why);
  }

  @Test
  void messages_thatJustFitAFrame_arrive() {
    ask(Frame.BYTES - HEAD, Frame.BYTES - HEAD);
    assertThat(((Echo.Bytes) answers.receiveMessage(PATIENCE)).bytes()).hasSize(Frame.BYTES - HEAD);
  }

  @Test
  void request_beyondAFrame_isRefusedToItsCaller() {
    ask(Frame.BYTES, 1);
    assertRefused(ServiceError.Internal.class);
    ask(1, 1); // the way is open
    assertThat(answers.receiveMessage(PATIENCE)).isInstanceOf(Echo.Bytes.class);
  }

  @Test
  void answer_beyondAFrame_isReplacedByARefusal() {
    ask(1, Frame.BYTES);
    assertRefused(ServiceError.Internal.class);
  }

  @Test
  void shardedRequest_beyondAFrame_isRefusedToItsCaller() {
    ActorRef<Object> region =
        seenFrom(asking, answering, answering.createTestProbe(Object.class).ref());
    region.tell(new ShardingEnvelope<>("e", new Question(new byte[Frame.BYTES], 1, answers.ref())));
    assertRefused(ServiceError.Internal.class);
  }

  /// The remoting publishes the same for a queue that is full.
  @Test
  void messages_thatFindTheQueueFull_areRefusedRetryablyButNotAnsweredInItsPlace() {
    var classic = org.apache.pekko.actor.typed.javadsl.Adapter.toClassic(answers.ref());
    for (Wire message :
        new Wire[] {
          new Echo.Bytes(new byte[1]), new Question(new byte[1], 1, answers.ref()),
        }) {
      var dropped = Dropped.apply(message, "Due to overflow of send queue, size [1]", classic);
      asking.system().eventStream().tell(new EventStream.Publish<>(dropped));
    }
    assertRefused(ServiceError.Overloaded.class);
    answers.expectNoMessage(Duration.ofMillis(50));
  }
}
