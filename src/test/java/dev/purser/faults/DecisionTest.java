package dev.purser.faults;

import static dev.purser.faults.Decision.ESCALATE;
import static dev.purser.faults.Decision.RESTART;
import static dev.purser.faults.Decision.RESUME;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The whole table of decisions.
final class DecisionTest {
  /// Error, decision at start, decision while serving.
  record Row(ServiceError error, Decision starting, Decision serving) {}

  static Stream<Row> table() {
    return Stream.of(
        row(DatabaseCause.UNREACHABLE, RESTART, RESTART),
        row(DatabaseCause.BUSY, RESUME, RESUME),
        row(DatabaseCause.LEASE, RESUME, RESUME),
        row(DatabaseCause.BAD_DATA, RESUME, RESUME),
        row(DatabaseCause.SETUP, ESCALATE, RESTART),
        row(DatabaseCause.CORRUPT, ESCALATE, ESCALATE),
        row(DatabaseCause.UNKNOWN, RESTART, RESTART),
        new Row(new ServiceError.PoolExhausted("x"), RESUME, RESUME),
        new Row(new ServiceError.Cache("x"), RESTART, RESTART),
        new Row(ServiceError.Validation.of("f", "x"), RESUME, RESUME),
        new Row(new ServiceError.NotFound("x"), RESUME, RESUME),
        new Row(new ServiceError.Conflict("x"), RESUME, RESUME),
        new Row(new ServiceError.Precondition("x"), RESUME, RESUME),
        new Row(new ServiceError.Overloaded("x"), RESUME, RESUME),
        new Row(new ServiceError.Timeout("x"), RESUME, RESUME),
        new Row(new ServiceError.Internal("x"), RESTART, RESTART));
  }

  private static Row row(DatabaseCause cause, Decision starting, Decision serving) {
    return new Row(new ServiceError.Database(cause, "x"), starting, serving);
  }

  @ParameterizedTest
  @MethodSource("table")
  void error_inEachPhase_decidedByTheTable(Row row) {
    assertThat(Decision.of(row.error, Phase.STARTING)).isEqualTo(row.starting);
    assertThat(Decision.of(row.error, Phase.SERVING)).isEqualTo(row.serving);
    assertThat(Decision.of(new Fault(row.error), Phase.SERVING)).isEqualTo(row.serving);
  }

  @Test
  void table_always_namesEveryErrorAndCause() {
    List<Class<?>> errors = new ArrayList<>(List.of(ServiceError.class.getPermittedSubclasses()));
    errors.removeAll(table().map(r -> r.error.getClass()).toList());
    assertThat(errors).isEmpty();
    assertThat(
            table()
                .map(Row::error)
                .filter(ServiceError.Database.class::isInstance)
                .map(e -> ((ServiceError.Database) e).cause()))
        .containsExactlyInAnyOrder(DatabaseCause.values());
  }

  @Test
  void throwable_unrecognised_restart() {
    assertThat(Decision.of(new IllegalStateException(), Phase.STARTING)).isEqualTo(RESTART);
    assertThat(Decision.of(new StackOverflowError(), Phase.SERVING)).isEqualTo(RESTART);
    assertThat(Decision.of(new Escalated("mend it", null), Phase.SERVING)).isEqualTo(ESCALATE);
  }

  @Test
  void code_ofEachError_retryableAsTheContractSays() {
    Map<String, Boolean> retryable =
        Map.of(
            "ERR_POOL_EXHAUSTED", true,
            "ERR_CACHE", true,
            "ERR_VALIDATION", false,
            "ERR_NOT_FOUND", false,
            "ERR_CONFLICT", false,
            "ERR_PRECONDITION", false,
            "ERR_OVERLOADED", true,
            "ERR_TIMEOUT", true,
            "ERR_INTERNAL", false);
    table()
        .map(Row::error)
        .filter(e -> !(e instanceof ServiceError.Database))
        .forEach(e -> assertThat(e.retryable()).as(e.code()).isEqualTo(retryable.get(e.code())));
  }
}
