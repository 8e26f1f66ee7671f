package dev.purser.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/// The page for people: one file that asks this server's own calls from the browser. Immutable.
///
/// It holds no data and is the same for everybody, so it needs no token: a browser could not send
/// one with the address typed in. Each call that the page makes carries the token its reader typed
/// in, and is judged like any other.
///
/// Its policy lets the browser run only the style and the script that stand in the page, known by
/// their hashes, and talk only to this server: what a client once sent (a dead letter, a customer's
/// id) can be shown but never run, and the token can go nowhere else.
final class Console {
  private static final ContentType HTML = ContentTypes.parse("text/html; charset=utf-8");

  private Console() {}

  static Answer page() {
    return new Answer.Whole(200, HTML, Page.BYTES, Page.HEADERS);
  }

  private static String policy(String page) {
    return "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none';"
        + " frame-ancestors 'none'; style-src "
        + hash(between(page, "<style>", "</style>"))
        + "; script-src "
        + hash(between(page, "<script>", "</script>"));
  }

  private static String between(String page, String opening, String closing) {
    int from = page.indexOf(opening) + opening.length();
    return page.substring(from, page.indexOf(closing, from));
  }

  /// How Content Security Policy (level 2, "Hash usage for inline elements") names inline text.
  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  /// The page, read when it is first asked for.
  private static final class Page {
    static final byte[] BYTES = read();
    static final List<HttpHeader> HEADERS =
        List.of(
            RawHeader.create(
                "Content-Security-Policy", policy(new String(BYTES, StandardCharsets.UTF_8))),
            RawHeader.create("X-Content-Type-Options", "nosniff"),
            RawHeader.create("Referrer-Policy", "no-referrer"),
            // After an upgrade the old page must not ask the new server.
            RawHeader.create("Cache-Control", "no-cache"));

    private Page() {}

    private static byte[] read() {
      try (InputStream in = Console.class.getResourceAsStream("/console.html")) {
        if (in == null) {
          throw new IllegalStateException("console.html is not in the jar");
        }
        return in.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
