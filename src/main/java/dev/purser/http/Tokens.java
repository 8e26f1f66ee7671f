package dev.purser.http;

import dev.purser.config.Keys;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The bearer tokens that are accepted, kept as SHA-256 hashes. A token is 256 random bits, so that
/// a plain hash of it cannot be searched. Immutable.
public final class Tokens {
  private static final String PREFIX = "purser_";
  private final List<Token> tokens;

  /// One accepted token.
  ///
  /// @param name for people and for rate limits
  record Token(String name, Role role, String sha256) {
    boolean is(byte[] hash) {
      return MessageDigest.isEqual(HexFormat.of().parseHex(sha256), hash);
    }
  }

  private Tokens(List<Token> tokens) {
    this.tokens = List.copyOf(tokens);
  }

  /// Reads `tokens`, a list of lines `name role sha256`.
  static Tokens read(Keys keys) {
    List<Token> tokens = new ArrayList<>();
    for (String line : keys.texts("tokens")) {
      String[] words = line.strip().split("\\s+", -1);
      Role role = words.length == 3 ? role(words[1]) : null;
      if (role == null || !words[2].matches("[0-9a-f]{64}")) {
        // The line itself is not told: it may hold a token by mistake.
        keys.refuse(
            "tokens",
            "entry "
                + (tokens.size() + 1)
                + " is not of the form \"name role sha256\" with the role reader, writer or"
                + " operator; bin/purser new-token ROLE makes one");
        return new Tokens(List.of());
      }
      tokens.add(new Token(words[0], role, words[2]));
    }
    return new Tokens(tokens);
  }

  boolean isEmpty() {
    return tokens.isEmpty();
  }

  /// The token that was presented, or null if it is none of ours. Every kept hash is compared in
  /// constant time.
  @Nullable Token find(String presented) {
    byte[] hash = sha256(presented);
    Token found = null;
    for (Token t : tokens) {
      if (t.is(hash)) {
        found = t;
      }
    }
    return found;
  }

  /// A new token and the configuration line that accepts it. The token is told once and kept
  /// nowhere.
  public record Made(String token, String line) {}

  /// Makes a token: what `bin/purser new-token ROLE` prints.
  ///
  /// @param roleName `reader`, `writer` or `operator`
  public static Made create(String roleName, SecureRandom random) {
    Role role = role(roleName);
    if (role == null) {
      throw new IllegalArgumentException("The role must be reader, writer or operator.");
    }
    byte[] secret = new byte[32];
    random.nextBytes(secret);
    String token = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    String hash = HexFormat.of().formatHex(sha256(token));
    String line =
        "purser.http.tokens += \"%s-%s %s %s\""
            .formatted(roleName, hash.substring(0, 6), roleName, hash);
    return new Made(token, line);
  }

  private static @Nullable Role role(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "reader" -> Role.READER;
      case "writer" -> Role.WRITER;
      case "operator" -> Role.OPERATOR;
      default -> null;
    };
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has SHA-256
    }
  }
}
