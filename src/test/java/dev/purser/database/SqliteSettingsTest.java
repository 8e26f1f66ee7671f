package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SqliteSettingsTest {

  @Test
  void shippedFile_isAccepted() {
    Keys keys =
        new Keys(
            ConfigFactory.parseFile(Path.of("conf/database.conf").toFile())
                .resolve()
                .getConfig("purser"));
    SqliteSettings settings = SqliteSettings.read(keys.at("database").at("sqlite"));
    assertThat(keys.reasons()).isEmpty();
    assertThat(settings.busyTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(settings.cacheBytes()).isPositive();
  }

  @Test
  void everyWrongKey_isNamed() {
    Keys keys = new Keys(ConfigFactory.parseString("cache = 1 byte, checkpoint = nonsense"));
    var _ = SqliteSettings.read(keys);
    assertThat(keys.reasons()).hasSize(3);
  }
}
