package dev.purser;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.spi.FilterReply;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.http.HttpServer;
import org.junit.jupiter.api.Test;

final class KnownFailuresTest {
  private static FilterReply decide(String logger, Throwable thrown) {
    var context = new LoggerContext();
    return new KnownFailures()
        .decide(null, context.getLogger(logger), Level.ERROR, "failed", null, thrown);
  }

  @Test
  void decide_sendersFault_deniedOfConnectionsAlone() {
    Fault cutOff = new Fault(ServiceError.Validation.of("body", "ends before its end"));
    assertThat(decide(HttpServer.CONNECTIONS, cutOff)).isEqualTo(FilterReply.DENY);
    assertThat(decide("dev.purser.database.StoreWork", cutOff)).isEqualTo(FilterReply.NEUTRAL);
  }

  @Test
  void decide_faultOfOurs_logged() {
    Fault bug = new Fault(new ServiceError.Internal("a bug"));
    assertThat(decide(HttpServer.CONNECTIONS, bug)).isEqualTo(FilterReply.NEUTRAL);
  }
}
