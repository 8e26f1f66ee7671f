package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.testing.Postgres;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PostgresUrlTest {

  @Test
  void url_inFull_isRead() {
    PostgresUrl url =
        PostgresUrl.parse(
            "postgresql://ad%40a:p%3Aa%2Fs%25s+%F0%9F%98%80@db.example:6543/purs%20er"
                + "?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&application_name=node-1");
    assertThat(url.user()).isEqualTo("ad@a");
    assertThat(url.password()).isEqualTo("p:a/s%s+\ud83d\ude00");
    assertThat(url.hosts()).containsExactly("db.example");
    assertThat(url.ports()).containsExactly(6543);
    assertThat(url.database()).isEqualTo("purs er");
    assertThat(url.properties())
        .isEqualTo(
            Map.of(
                "sslmode", "verify-full",
                "sslrootcert", "/etc/ca.pem",
                "ApplicationName", "node-1"));
  }

  @Test
  void url_ofSeveralHosts_keepsTheirOrderAndPorts() {
    PostgresUrl url = PostgresUrl.parse("postgres://u@[::1]:7000,b,10.0.0.1:7001/db");
    assertThat(url.hosts()).containsExactly("[::1]", "b", "10.0.0.1");
    assertThat(url.ports()).containsExactly(7000, 5432, 7001);
    assertThat(url.password()).isNull();
    assertThat(url.shown()).isEqualTo("postgresql://[::1]:7000,b:5432,10.0.0.1:7001/db");
  }

  @Test
  void url_shown_namesNeitherUserNorPassword() {
    PostgresUrl url = PostgresUrl.parse("postgresql://ada:hidden@h/db?sslpassword=hidden2");
    assertThat(url.toString()).isEqualTo("postgresql://h:5432/db").isEqualTo(url.shown());
    assertThat(new DatabaseUrl.OfServer(url).toString()).doesNotContain("hidden", "ada");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          postgresql://u:secret@h/db?sslmood=require   | parameter "sslmood": known are
          postgresql://u:secret@h/db?connect_timeout=5 | purser.database.postgres.connect-timeout
          postgresql://u:secret@h/db?sslmode=maybe     | one of [allow, disable,
          postgresql://u:secret@h/db?sslmode=          | one of [allow, disable,
          postgresql://u:secret@h/db?sslcert=a&sslcert=b | has the parameter sslcert twice
          postgresql://u:secret@h/db?                  | OK
          postgresql://u:secret@h:port/db              | "h:port" where a host
          postgresql://u:secret@h:70000/db             | "h:70000" where a host
          postgresql://u:secret@/db                    | "" where a host
          postgresql://u:secret@a,,b/db                | "" where a host
          postgresql://u:secret@h/                     | names no database
          postgresql://u:secret@h                      | percent-encode
          postgresql://u:sec/ret@h/db                  | percent-encode
          postgresql://u:sec@ret@h/db                  | percent-encode
          postgresql://h/db                            | names no user
          postgresql://:secret@h/db                    | names no user
          postgresql://u:secret%@h/db                  | write it as %25
          postgresql://u:secret%zz@h/db                | write it as %25
          postgresql://u:secret%ff@h/db                | not UTF-8
          jdbc:postgresql://h/db                       | is not postgresql://
          """)
  void url_wrong_isRefusedWithAReasonAndWithoutTheSecret(String text, String reason) {
    if (reason.equals("OK")) {
      assertThat(PostgresUrl.parse(text).database()).isEqualTo("db");
      return;
    }
    assertThatThrownBy(() -> PostgresUrl.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret", "ret@"));
  }

  @Test
  void password_ofOddCharacters_opensTheServer() throws Exception {
    Postgres server = Postgres.shared();
    String database = server.freshDatabase();
    server.run(
        "postgres",
        "DROP ROLE IF EXISTS \"odd@user\"",
        "CREATE ROLE \"odd@user\" LOGIN PASSWORD 'p:a/s%s +?#&=é'",
        "ALTER DATABASE " + database + " OWNER TO \"odd@user\"");
    server.authenticate("host all \"odd@user\" 127.0.0.1/32 scram-sha-256");
    String url =
        "postgresql://odd%40user:p%3Aa%2Fs%25s%20+%3F%23%26%3D%C3%A9@127.0.0.1:"
            + server.port()
            + "/"
            + database;
    try (Store store = TestProduct.postgres(url, Duration.ofSeconds(10)).writer().open()) {
      assertThat(store.load(java.util.List.of("ada"))).containsKey("ada");
    }
  }

  @Test
  void settings_wrong_areNamed() {
    for (String schema : new String[] {"", "Purser", "pg_purser", "1a", "a-b", "a\"b"}) {
      Keys keys =
          new Keys(ConfigFactory.parseMap(Map.of("schema", schema, "connect-timeout", "1 hour")));
      var _ = PostgresSettings.read(keys);
      assertThat(keys.reasons()).as(schema).hasSize(2);
    }
  }
}
