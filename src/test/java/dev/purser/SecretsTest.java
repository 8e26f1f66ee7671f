package dev.purser;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is shown of the configuration holds no secret, whatever its writer forgot to encode.
final class SecretsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://ada:hunter2@db/purser",
        "postgresql://ada:hun/ter2@db/purser",
        "postgresql://ada:h@hunter2@db/purser",
        "postgresql://ada:h?hunter2#@db/purser",
        "postgresql://ada@db/purser?sslpassword=hunter2&sslmode=require",
        "redis://:hunter2@cache:6379/0"
      })
  void url_masked_tellsWhereAndNoSecret(String url) {
    assertThat(Secrets.masked(url)).doesNotContain("hunter2", "ter2", "ada").contains("://***@");
  }

  @Test
  void config_masked_tellsNoSecretOfAUrl() {
    var shown =
        Secrets.masked(
            ConfigFactory.parseMap(Map.of("database.url", "postgresql://ada:hunter2@db/purser")));
    assertThat(shown.render()).contains("***@db/purser").doesNotContain("hunter2");
  }

  @Test
  void url_refused_tellsNoSecret() {
    Map<String, String> environment =
        Map.of("PURSER_DATABASE_URL", "postgresql://ada:hunter2@db/purser?sslmood=on");
    PurserSettings.Refused refused =
        org.assertj.core.api.Assertions.catchThrowableOfType(
            PurserSettings.Refused.class,
            () -> PurserSettings.load(Path.of("conf"), environment, new Properties()));
    assertThat(refused.reasons())
        .singleElement()
        .asString()
        .contains("purser.database.url", "sslmood", "known are")
        .doesNotContain("hunter2");
  }

  @Test
  void url_ofAServer_isTaken() {
    Map<String, String> environment =
        Map.of("PURSER_DATABASE_URL", "postgresql://ada:hunter2@db/purser?sslmode=require");
    PurserSettings settings = PurserSettings.load(Path.of("conf"), environment, new Properties());
    assertThat(settings.data().database().shown()).isEqualTo("postgresql://db:5432/purser");
    assertThat(settings.data().toString()).doesNotContain("hunter2");
  }
}
