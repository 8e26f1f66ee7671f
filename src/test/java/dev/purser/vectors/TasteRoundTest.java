package dev.purser.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

final class TasteRoundTest {
  private static ILoggingEvent logged(Throwable failure) {
    Logger logger = new LoggerContext().getLogger(TasteRound.class);
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    logger.addAppender(lines);
    TasteRound.failed(logger, failure);
    assertThat(lines.list).hasSize(1);
    return lines.list.getFirst();
  }

  @Test
  void failed_fault_loggedInASentence() {
    Fault leaving = new Fault(new ServiceError.Overloaded("The node is leaving"));
    ILoggingEvent line = logged(new CompletionException(leaving));
    assertThat(line.getFormattedMessage())
        .isEqualTo("Tastes cannot be compared now: The node is leaving");
    assertThat(line.getThrowableProxy()).isNull();
  }

  @Test
  void failed_bug_loggedWithItsStack() {
    ILoggingEvent line = logged(new CompletionException(new IllegalStateException("a bug")));
    assertThat(line.getThrowableProxy().getMessage()).isEqualTo("a bug");
  }
}
