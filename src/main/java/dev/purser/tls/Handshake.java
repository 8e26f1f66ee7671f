package dev.purser.tls;

import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/// A TLS handshake between two engines in memory, without sockets.
public final class Handshake {
  /// Flights of one side; TLS 1.3 needs three.
  private static final int TURNS = 10;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private Handshake() {}

  /// Returns if `client` and `server` trust each other.
  ///
  /// @throws SSLException with the reason why not
  public static void rehearse(SSLEngine client, SSLEngine server) throws SSLException {
    int room = 8 * client.getSession().getPacketBufferSize(); // chains of certificates fit
    ByteBuffer toServer = ByteBuffer.allocate(room);
    ByteBuffer toClient = ByteBuffer.allocate(room);
    client.beginHandshake();
    server.beginHandshake();
    for (int turn = 0; turn < TURNS; turn++) {
      boolean clientDone = turn(client, toClient, toServer);
      boolean serverDone = turn(server, toServer, toClient);
      if (clientDone && serverDone) {
        return;
      }
    }
    throw new SSLException("the handshake does not end");
  }

  /// Goes on as far as `in` leads; whether that is the end.
  private static boolean turn(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
    ByteBuffer plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
    in.flip();
    boolean starved = false;
    while (!starved) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> engine.getDelegatedTask().run();
        case NEED_WRAP -> {
          if (engine.wrap(NOTHING, out).getStatus() == Status.BUFFER_OVERFLOW) {
            throw new SSLException("the certificates are too long for a handshake");
          }
        }
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN ->
            starved = engine.unwrap(in, plain).getStatus() == Status.BUFFER_UNDERFLOW;
        case FINISHED, NOT_HANDSHAKING -> starved = true;
      }
    }
    in.compact();
    return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
  }
}
