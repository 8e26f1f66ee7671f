package dev.purser.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A client that sends bytes as they are: for requests that no proper client would send.
final class Wire implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: ([0-9]+)\r\n");
  private final Socket socket;

  Wire(InetSocketAddress address) throws IOException {
    this(new Socket(address.getAddress(), address.getPort()));
  }

  Wire(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(30_000);
  }

  Wire send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  Wire send(byte[] bytes) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(bytes);
    out.flush();
    return this;
  }

  /// Waits for bytes no longer than `millis`.
  Wire patience(int millis) throws IOException {
    socket.setSoTimeout(millis);
    return this;
  }

  /// No more will be sent.
  Wire finish() throws IOException {
    socket.shutdownOutput();
    return this;
  }

  /// All that comes until the server closes.
  String readAll() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    socket.getInputStream().transferTo(all);
    return all.toString(StandardCharsets.UTF_8);
  }

  /// The next bytes, at most `length`.
  String read(int length) throws IOException {
    return new String(socket.getInputStream().readNBytes(length), StandardCharsets.UTF_8);
  }

  /// What comes up to and with `end`.
  String readUntil(String end) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int b = socket.getInputStream().read(); b >= 0; b = socket.getInputStream().read()) {
      text.append((char) b);
      if (text.toString().endsWith(end)) {
        break;
      }
    }
    return text.toString();
  }

  /// One answer whose length is announced.
  String readAnswer() throws IOException {
    String head = readUntil("\r\n\r\n");
    Matcher length = LENGTH.matcher(head);
    return head + (length.find() ? read(Integer.parseInt(length.group(1))) : "");
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
