package dev.purser.http;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The head of a request as bytes (RFC 9112, sections 2 to 6): where it ends, whether it can be
/// trusted, and how the body behind it is framed. Confined to one connection.
///
/// Pekko's parser understands what passes here as it is understood here; what could be read in two
/// ways is refused, so that no body is ever taken for a request. It is stricter than the RFC asks:
/// only visible ASCII and blanks in fields, no folded lines, one `Host`, one `Content-Length`, and
/// `chunked` alone as the transfer coding.
final class RequestHead {
  /// As `pekko.http.parsing` has them by default.
  private static final int LONGEST_METHOD = 16;

  private static final int LONGEST_NAME = 64;
  private static final int LONGEST_VALUE = 8 << 10;
  private static final int MOST_FIELDS = 64;

  /// As `conf/http.conf` has it.
  private static final int LONGEST_TARGET = 16 << 10;

  private static final int MOST_DIGITS = 19;
  private static final boolean[] TOKEN =
      table("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  private static final boolean[] TARGET =
      table(
          "-._~!$&'()*+,;=:@/?%[]0123456789abcdefghijklmnopqrstuvwxyz"
              + "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

  private final byte[] bytes;
  private final int end;
  private int at;
  private String method = "";
  private int targetFrom;
  private int targetTo;
  private boolean oldProtocol;
  private @Nullable String host;
  private long length = -1;
  private boolean chunked;
  private boolean close;
  private boolean keepAlive;

  /// How the body is framed.
  ///
  /// @param chunked whether it comes in chunks
  /// @param length its bytes if it does not
  /// @param last whether the sender wants the connection to end after the answer
  record Framing(boolean chunked, long length, boolean last) {}

  private RequestHead(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  /// Judges the head in `bytes`, which begins with the request line and ends with the empty line.
  ///
  /// @throws Refusal with the answer that the sender gets before the connection is closed
  static Framing judge(byte[] bytes, int from, int end) {
    RequestHead head = new RequestHead(bytes, from, end);
    head.requestLine();
    head.fields();
    return head.framing();
  }

  /// Where the head ends that begins at `from`, or -1 if that has not come.
  ///
  /// @param searched up to where that is known already
  static int end(byte[] bytes, int from, int searched, int to) {
    for (int i = Math.max(from, searched - 2); i < to - 1; i++) {
      if (bytes[i] == '\n') {
        if (bytes[i + 1] == '\n') {
          return i + 2;
        }
        if (bytes[i + 1] == '\r' && i + 2 < to && bytes[i + 2] == '\n') {
          return i + 3;
        }
      }
    }
    return -1;
  }

  /// Whether a request can begin with `b`.
  static boolean isToken(byte b) {
    return b >= 0 && TOKEN[b];
  }

  /// The `X-Request-Id` of a head that cannot be trusted, as it may be given back, or null.
  static @Nullable String requestId(byte[] bytes, int from, int end) {
    String head = new String(bytes, from, end - from, StandardCharsets.ISO_8859_1);
    for (String line : head.split("\r?\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).equalsIgnoreCase("x-request-id")) {
        return line.substring(colon + 1).strip();
      }
    }
    return null;
  }

  private void requestLine() {
    int start = at;
    while (at < end && isToken(bytes[at])) {
      at++;
    }
    method = text(start, at);
    if (at == start || at - start > LONGEST_METHOD || bytes[at] != ' ') {
      throw malformed("The request does not begin with a method.");
    }
    targetFrom = ++at;
    while (at < end && bytes[at] > ' ' && bytes[at] < 0x7f) {
      at++;
    }
    targetTo = at;
    if (targetTo - targetFrom > LONGEST_TARGET) {
      throw ParsingErrors.problem(414, "").refusal();
    }
    if (targetTo == targetFrom || bytes[at] != ' ') {
      throw malformed("The request line must be a method, a target and a protocol.");
    }
    at++;
    if (end - at < 9 || !text(at, at + 7).equals("HTTP/1.") || (bytes[at + 7] & 0xfe) != '0') {
      throw malformed("The protocol must be HTTP/1.1 or HTTP/1.0.");
    }
    oldProtocol = bytes[at + 7] == '0';
    at += 8;
    lineEnd("The request line must be a method, a target and a protocol.");
    checkMethod();
    checkTarget();
  }

  private void checkMethod() {
    switch (method) {
      case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE" -> {}
      default -> throw ParsingErrors.problem(501, "").refusal();
    }
  }

  private void checkTarget() {
    boolean path = bytes[targetFrom] == '/';
    for (int i = targetFrom; i < targetTo; i++) {
      byte b = bytes[i];
      if (!TARGET[b] || (path && (b == '[' || b == ']')) || (b == '%' && !isEscape(i))) {
        throw malformed("The request's target holds a character that must be percent-encoded.");
      }
    }
    boolean wholeServer = targetTo - targetFrom == 1 && bytes[targetFrom] == '*';
    if (!path && !(wholeServer && method.equals("OPTIONS"))) {
      authority();
    }
  }

  /// The authority of an absolute target, which must be of our schemes.
  private String authority() {
    String target = text(targetFrom, targetTo);
    int from =
        target.regionMatches(true, 0, "http://", 0, 7)
            ? 7
            : target.regionMatches(true, 0, "https://", 0, 8) ? 8 : -1;
    int to = from < 0 ? -1 : target.indexOf('/', from);
    if (from < 0 || to == from || from == target.length()) {
      throw malformed("The request's target must be a path, or a URI of the scheme http or https.");
    }
    return target.substring(from, to < 0 ? target.length() : to);
  }

  private void fields() {
    int count = 0;
    while (bytes[at] != '\r' && bytes[at] != '\n') {
      if (++count > MOST_FIELDS) {
        throw ParsingErrors.problem(431, "").refusal();
      }
      field();
    }
    lineEnd("A header line begins with a carriage return.");
    if (at != end) {
      throw malformed("A header line is empty.");
    }
  }

  private void field() {
    int name = at;
    while (isToken(bytes[at])) {
      at++;
    }
    int nameEnd = at;
    if (nameEnd == name || bytes[nameEnd] != ':') {
      throw malformed("A header line does not begin with a name and a colon.");
    }
    at++;
    skipBlanks();
    int value = at;
    int valueEnd = at;
    while (bytes[at] >= ' ' && bytes[at] < 0x7f) {
      if (bytes[at++] != ' ') {
        valueEnd = at;
      }
    }
    skipBlanks();
    lineEnd("A header value holds a character other than visible ASCII and blanks.");
    if (nameEnd - name > LONGEST_NAME || valueEnd - value > LONGEST_VALUE) {
      throw ParsingErrors.problem(431, "").refusal();
    }
    take(name, nameEnd - name, value, valueEnd);
  }

  private void take(int name, int nameLength, int value, int valueEnd) {
    switch (nameLength) {
      case 4 -> {
        if (is(name, "host")) {
          takeHost(text(value, valueEnd));
        }
      }
      case 10 -> {
        if (is(name, "connection")) {
          takeConnection(text(value, valueEnd));
        }
      }
      case 14 -> {
        if (is(name, "content-length")) {
          takeLength(value, valueEnd);
        }
      }
      case 17 -> {
        if (is(name, "transfer-encoding")) {
          takeCoding(text(value, valueEnd));
        }
      }
      default -> {} // of no concern to the framing
    }
  }

  private void takeHost(String value) {
    if (host != null) {
      throw malformed("There is more than one Host.");
    }
    for (int i = 0; i < value.length(); i++) {
      if (!TARGET[value.charAt(i)] || "/?@".indexOf(value.charAt(i)) >= 0) {
        throw malformed("The Host is not a name and a port.");
      }
    }
    host = value;
  }

  private void takeConnection(String value) {
    for (String option : value.toLowerCase(Locale.ROOT).split(",", -1)) {
      close |= option.strip().equals("close");
      keepAlive |= option.strip().equals("keep-alive");
    }
  }

  private void takeLength(int from, int to) {
    if (length >= 0) {
      throw malformed("There is more than one Content-Length.");
    }
    if (from == to || to - from > MOST_DIGITS) {
      throw malformed("The Content-Length is not a number of bytes.");
    }
    long n = 0;
    for (int i = from; i < to; i++) {
      n = n * 10 + (bytes[i] - '0');
      if (bytes[i] < '0' || bytes[i] > '9' || n < 0) {
        throw malformed("The Content-Length is not a number of bytes.");
      }
    }
    length = n;
  }

  private void takeCoding(String value) {
    if (chunked || !value.equalsIgnoreCase("chunked")) {
      throw malformed("The Transfer-Encoding must be chunked, once.");
    }
    chunked = true;
  }

  private Framing framing() {
    if (chunked && length >= 0) {
      throw malformed("There is a Content-Length beside a Transfer-Encoding.");
    }
    if (chunked && oldProtocol) {
      throw malformed("HTTP/1.0 has no Transfer-Encoding.");
    }
    if (host == null && !oldProtocol) {
      throw malformed("The Host header is missing.");
    }
    if (host != null && bytes[targetFrom] != '/' && bytes[targetFrom] != '*') {
      if (!authority().equalsIgnoreCase(host)) {
        throw malformed("The Host is not the one of the request's target.");
      }
    }
    boolean bodiless = method.equals("HEAD") || method.equals("TRACE");
    if (bodiless && (chunked || length > 0)) {
      throw malformed("A request of the method " + method + " has no body.");
    }
    return new Framing(chunked, Math.max(length, 0), close || (oldProtocol && !keepAlive));
  }

  private void skipBlanks() {
    while (bytes[at] == ' ' || bytes[at] == '\t') {
      at++;
    }
  }

  private void lineEnd(String otherwise) {
    if (bytes[at] == '\r') {
      at++;
    }
    if (at >= end || bytes[at++] != '\n') {
      throw malformed(otherwise);
    }
  }

  private boolean is(int name, String lowerCase) {
    for (int i = 0; i < lowerCase.length(); i++) {
      // Of what may stand in names, only letters differ by this bit from what is looked for.
      if ((bytes[name + i] | 0x20) != lowerCase.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private boolean isEscape(int percent) {
    return percent + 2 < targetTo
        && Character.digit(bytes[percent + 1], 16) >= 0
        && Character.digit(bytes[percent + 2], 16) >= 0;
  }

  private String text(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.US_ASCII);
  }

  private static Refusal malformed(String detail) {
    return Problem.malformed(detail).refusal();
  }

  private static boolean[] table(String characters) {
    boolean[] table = new boolean[128];
    characters.chars().forEach(c -> table[c] = true);
    return table;
  }
}
