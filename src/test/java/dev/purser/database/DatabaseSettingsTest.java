package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import java.io.File;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DatabaseSettingsTest {
  private static final Config SHIPPED = ConfigFactory.parseFile(new File("conf/database.conf"));

  private static List<String> reasons(String conf) {
    Keys keys = new Keys(ConfigFactory.parseString(conf).withFallback(SHIPPED).getConfig("purser"));
    var _ = DatabaseSettings.read(keys.at("database"));
    keys.refuseUnread();
    return keys.reasons();
  }

  @Test
  void settings_asShipped_readWithoutReasons() {
    assertThat(reasons("")).isEmpty();
    DatabaseSettings settings =
        DatabaseSettings.read(new Keys(SHIPPED.getConfig("purser")).at("database"));
    assertThat(settings.slots().failureLimit()).isEqualTo(5);
    assertThat(settings.slots().failureWindow()).isEqualTo(Duration.ofSeconds(60));
    assertThat(settings.slots().dispatcher()).isEqualTo("purser.database.dispatcher");
    assertThat(SHIPPED.hasPath(settings.slots().dispatcher())).isTrue();
  }

  @Test
  void settings_wrongInManyWays_allReasonsTold() {
    assertThat(
            reasons(
                """
                purser.database {
                  queues.saves = 0
                  slots { backoff-first = 20 s, backoff-cap = 1 s, work-limit = 60 ms }
                  tick = 70 ms
                  batch.rowz = 3
                }
                """))
        .containsExactlyInAnyOrder(
            "purser.database.queues.saves: 0 is not between 1 and 1000000",
            "purser.database.slots.backoff-first: is above backoff-cap",
            "purser.database.tick: is above slots.work-limit",
            "purser.database.batch.rowz: there is no such key; the nearest is"
                + " purser.database.batch.rows");
  }
}
