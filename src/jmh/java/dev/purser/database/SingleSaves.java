package dev.purser.database;

import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.database.Database.Lane;
import dev.purser.faults.Supervised;
import dev.purser.faults.SupervisionLog;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Purchase;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Durable single-purchase saves through the database actor, each caller sending its next one when
/// the last was answered. Prints saves/s for each second.
///
/// Run: `java -cp <test class path> dev.purser.database.SingleSaves [callers] [seconds]`
public final class SingleSaves {
  private static final LongAdder SAVED = new LongAdder();

  private SingleSaves() {}

  public static void main(String[] args) throws Exception {
    int callers = args.length > 0 ? Integer.parseInt(args[0]) : 128;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 15;
    Path folder = Files.createTempDirectory("saves");
    var config =
        ConfigFactory.parseString("pekko.loglevel = WARNING")
            .withFallback(ConfigFactory.parseFile(new File("conf/database.conf")))
            .withFallback(ConfigFactory.load());
    DatabaseSettings settings =
        DatabaseSettings.read(new Keys(config.getConfig("purser")).at("database"));
    ActorSystem<Void> system =
        ActorSystem.create(root(settings, folder.resolve("purser.db"), callers), "saves", config);
    for (int s = 0; s < seconds; s++) {
      Thread.sleep(1_000);
      System.out.println(SAVED.sumThenReset() + " saves/s");
    }
    system.terminate();
  }

  private static Behavior<Void> root(DatabaseSettings settings, Path file, int callers) {
    return Behaviors.setup(
        context -> {
          SupervisionLog log = new SupervisionLog(10, InstantSource.system());
          ActorRef<Database.Command> database =
              context.spawn(
                  Supervised.with(
                      Database.supervision(settings),
                      Database.create(settings, file, InstantSource.system(), log)),
                  "database");
          for (int i = 0; i < callers; i++) {
            context.spawn(caller(database, "customer-" + i), "caller-" + i);
          }
          return Behaviors.empty();
        });
  }

  private static Behavior<SaveReply> caller(ActorRef<Database.Command> database, String id) {
    return Behaviors.setup(
        context -> {
          send(database, context.getSelf(), Profile.absent(id), 0);
          return counting(database, context.getSelf(), 1);
        });
  }

  private static Behavior<SaveReply> counting(
      ActorRef<Database.Command> database, ActorRef<SaveReply> self, int n) {
    return Behaviors.receiveMessage(
        reply -> {
          if (!(reply instanceof SaveReply.Saved(Profile profile, _))) {
            throw new IllegalStateException(reply.toString());
          }
          SAVED.increment();
          send(database, self, profile, n);
          return counting(database, self, n + 1);
        });
  }

  private static void send(
      ActorRef<Database.Command> database, ActorRef<SaveReply> self, Profile base, int n) {
    long now = System.currentTimeMillis();
    Purchase purchase =
        new Purchase("p" + n, "85123A", "HOLDER", 6, 1_530, "GBP", now * 1_000, 0, Map.of());
    CustomerSave save =
        new CustomerSave(
            base.id(), base.id().hashCode() + ((long) n << 32), base, 0, now, List.of(purchase));
    database.tell(new Database.Save(save, Lane.INTERACTIVE, now + 10_000, self));
  }
}
