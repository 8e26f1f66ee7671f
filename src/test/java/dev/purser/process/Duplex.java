package dev.purser.process;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// One POST whose body is sent in chunks while its answer is read, which the JDK's client does not
/// do. One thread may send while another reads.
public final class Duplex implements AutoCloseable {
  private final Socket socket;
  private final OutputStream out;
  private final InputStream in;
  private long left;
  private boolean ended;

  /// Connects and sends the head of the request.
  ///
  /// @param headers whole lines
  public Duplex(InetSocketAddress address, String path, String... headers) throws IOException {
    socket = new Socket(address.getAddress(), address.getPort());
    socket.setSoTimeout(60_000);
    socket.setTcpNoDelay(true);
    out = socket.getOutputStream();
    in = new BufferedInputStream(socket.getInputStream(), 256 << 10);
    StringBuilder head = new StringBuilder("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    if (Arrays.stream(headers).noneMatch(h -> h.startsWith("Content-Type"))) {
      head.append("Content-Type: application/octet-stream\r\n");
    }
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    if (Arrays.stream(headers).noneMatch(h -> h.startsWith("Content-Length"))) {
      head.append("Transfer-Encoding: chunked\r\n");
    }
    sendRaw((head + "\r\n").getBytes(StandardCharsets.US_ASCII), -1);
  }

  /// Sends bytes as they are, all of them if `length` is negative.
  public Duplex sendRaw(byte[] bytes, int length) throws IOException {
    out.write(bytes, 0, length < 0 ? bytes.length : length);
    out.flush();
    return this;
  }

  /// Sends one chunk.
  public Duplex send(byte[] bytes, int length) throws IOException {
    byte[] head = (Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    out.write(head);
    out.write(bytes, 0, length);
    return sendRaw("\r\n".getBytes(StandardCharsets.US_ASCII), -1);
  }

  public Duplex send(byte[] bytes) throws IOException {
    return send(bytes, bytes.length);
  }

  /// Sends the last chunk: the body is whole.
  public Duplex finish() throws IOException {
    return sendRaw("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII), -1);
  }

  /// Reads the head of the answer and returns its first line.
  public String head() throws IOException {
    String status = line();
    while (!line().isEmpty()) {
      // The headers are of no interest.
    }
    return status;
  }

  /// Reads up to `length` bytes of the answer's chunks; -1 at their proper end.
  ///
  /// @throws IOException if the answer is cut off
  public int read(byte[] into, int offset, int length) throws IOException {
    while (left == 0) {
      if (ended) {
        return -1;
      }
      left = Long.parseLong(line(), 16);
      if (left == 0) {
        ended = true;
        line();
        return -1;
      }
    }
    int n = in.read(into, offset, (int) Math.min(length, left));
    if (n < 0) {
      throw new EOFException("the answer was cut off within a chunk");
    }
    left -= n;
    if (left == 0) {
      line();
    }
    return n;
  }

  /// The next `length` bytes of the answer.
  public byte[] read(int length) throws IOException {
    byte[] bytes = new byte[length];
    for (int at = 0; at < length; ) {
      int n = read(bytes, at, length - at);
      if (n < 0) {
        throw new EOFException("the answer ended after " + at + " of " + length);
      }
      at += n;
    }
    return bytes;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the answer was cut off");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
