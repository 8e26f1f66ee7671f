package dev.purser.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which URLs name a Redis, and what is said of those that do not.
final class RedisUrlTest {
  private static final String SECRET = "s3cret";

  @Test
  void parse_hostAlone_defaults() throws RedisUrl.Refused {
    assertThat(RedisUrl.parse("redis://cache.example"))
        .isEqualTo(new RedisUrl(false, "cache.example", 6379, null, null, 0));
    assertThat(RedisUrl.parse("redis://cache.example/"))
        .isEqualTo(new RedisUrl(false, "cache.example", 6379, null, null, 0));
  }

  @Test
  void parse_everything_taken() throws RedisUrl.Refused {
    assertThat(RedisUrl.parse("rediss://me:pw@[::1]:7000/3"))
        .isEqualTo(new RedisUrl(true, "::1", 7000, "me", "pw", 3));
    assertThat(RedisUrl.parse("redis://:pw@h:7000"))
        .isEqualTo(new RedisUrl(false, "h", 7000, null, "pw", 0));
  }

  @Test
  void parse_percentEncoded_decoded() throws RedisUrl.Refused {
    RedisUrl url = RedisUrl.parse("redis://m%C3%A9:%40%3a%2F%3F%23%25+:%F0%9F%98%80\ud83d\ude00@h");
    assertThat(url.user()).isEqualTo("mé");
    assertThat(url.password()).isEqualTo("@:/?#%+:\ud83d\ude00\ud83d\ude00");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "``|must be memory",
        "Memory|must be memory",
        "http://h|must be memory",
        "redis:/h|must be memory",
        "redis://|no host",
        "redis://:6379|no host",
        "redis://h h|no host",
        "redis://[::1|no host",
        "redis://[::1]x|no host",
        "redis://h:|port",
        "redis://h:0|port",
        "redis://h:65536|port",
        "redis://h:12345678901|port",
        "redis://h/x|number of a database",
        "redis://h/-1|number of a database",
        "redis://h/1/2|number of a database",
        "redis://h?timeout=1|no",
        "redis://h/0#x|parameters",
        "redis://s3cret@h|write USER:PASSWORD@",
        "redis://:@h|empty password",
        "redis://u:s3cret@x@h|more than one @",
        "redis://u:s3cret/x@h|number of a database",
        "redis://u:s3cret?x@h|parameters",
        "redis://u:s3cret%@h|hexadecimal",
        "redis://u:s3cret%2@h|hexadecimal",
        "redis://u:s3cret%zz@h|hexadecimal",
        "redis://u:s3cret%ff@h|not UTF-8",
      },
      delimiter = '|')
  void parse_wrong_refusedWithWhatToMendAndWithoutSecrets(String url, String says) {
    assertThatThrownBy(() -> RedisUrl.parse(url))
        .isInstanceOf(RedisUrl.Refused.class)
        .hasMessageContaining(says)
        .message()
        .doesNotContain(SECRET);
  }

  @Test
  void text_ofAUrl_showsNoSecret() throws RedisUrl.Refused {
    RedisUrl url = RedisUrl.parse("rediss://me:" + SECRET + "@h:1/2");
    assertThat(url.toString()).isEqualTo("rediss://***@h:1/2");
    assertThat(url.where()).isEqualTo("h:1");
    assertThat(RedisUrl.parse("redis://[::1]").where()).isEqualTo("[::1]:6379");
  }
}
