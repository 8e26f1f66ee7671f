package dev.purser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

/// Whence settings come, and which win.
final class PurserSettingsTest {

  private static PurserSettings load(Map<String, String> environment, String... system) {
    Properties properties = new Properties();
    for (int i = 0; i < system.length; i += 2) {
      properties.setProperty(system[i], system[i + 1]);
    }
    return PurserSettings.load(Path.of("conf"), environment, properties);
  }

  @Test
  void port_namedThrice_theSystemPropertyWins() {
    Map<String, String> environment = Map.of("PURSER_HTTP_PORT", "8");
    assertThat(load(Map.of()).http().port()).isEqualTo(8080);
    assertThat(load(environment).http().port()).isEqualTo(8);
    assertThat(load(environment, "purser.http.port", "7").http().port()).isEqualTo(7);
  }

  @Test
  void keys_misspelt_refusedWhereverTheyStand() {
    assertThatThrownBy(
            () ->
                load(
                    Map.of("PURSER_HTTP_PROT", "8"),
                    "purser.http.prot",
                    "7",
                    "purser.home",
                    "anywhere"))
        .hasMessage(
            "PURSER_HTTP_PROT: there is no such key to override; "
                + "-Dpurser.http.prot: there is no such key to override");
  }
}
