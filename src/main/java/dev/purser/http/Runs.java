package dev.purser.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.ExactSum;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.RunEvent.Report;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a bulk run tells, as one answer when it is done or as lines while it goes.
final class Runs {
  private static final Logger LOG = LoggerFactory.getLogger(Runs.class);

  /// When a report is told: as the one answer, as the last line of a stream, or before the run has
  /// come to its end.
  private enum Told {
    WHEN_DONE,
    AT_THE_END,
    ON_THE_WAY
  }

  private Runs() {}

  /// Answers with `events`, in the form that the caller likes.
  static CompletionStage<Answer> answer(Call call, Source<RunEvent, NotUsed> run) {
    Source<RunEvent, NotUsed> events = RequestLog.logged(call, run);
    if (call.wantsLines()) {
      return CompletableFuture.completedFuture(new Answer.Lines(lines(events, call.by())));
    }
    return events
        .runWith(Sink.last(), call.doors().materializer())
        .thenApply(
            last ->
                switch (last) {
                  case RunEvent.Summary s -> Answer.data(g -> write(g, s.report(), Told.WHEN_DONE));
                  case RunEvent.Problem p ->
                      throw problem(p.error())
                          .withExtra(g -> write(g, p.report(), Told.ON_THE_WAY))
                          .refusal();
                  case RunEvent.Started _, RunEvent.Progress _ ->
                      throw new IllegalStateException("a run ended without an end: " + last);
                });
  }

  /// A run whose stream fails (a bug) still ends with a line that says so.
  private static Source<ByteString, NotUsed> lines(Source<RunEvent, NotUsed> events, String by) {
    return events
        .map(Runs::line)
        .mapError(
            Throwable.class,
            e -> {
              LOG.error("A run's stream failed: a bug ({})", by, e);
              return e;
            })
        .recover(
            Throwable.class, () -> line("problem", g -> Problem.internal().writeMembersButType(g)));
  }

  private static ByteString line(RunEvent event) {
    return switch (event) {
      case RunEvent.Started s -> line("started", g -> g.writeStringField("run", s.run()));
      case RunEvent.Progress p -> line("progress", g -> write(g, p.report(), Told.ON_THE_WAY));
      case RunEvent.Summary s -> line("summary", g -> write(g, s.report(), Told.AT_THE_END));
      case RunEvent.Problem p ->
          line(
              "problem",
              g -> {
                problem(p.error()).writeMembersButType(g);
                write(g, p.report(), Told.ON_THE_WAY);
              });
    };
  }

  private static ByteString line(String type, Json.Writing members) {
    byte[] json =
        Json.text(
            g -> {
              g.writeStartObject();
              g.writeStringField("type", type);
              members.write(g);
              g.writeEndObject();
              g.writeRaw('\n');
            });
    return ByteString.fromArrayUnsafe(json);
  }

  /// The counters tell what is committed; of what was on its way then, nobody knows here.
  private static Problem problem(ServiceError error) {
    return Problem.of(error, Problem.Outcome.UNKNOWN);
  }

  private static void write(JsonGenerator g, Report report, Told told) throws IOException {
    switch (report) {
      case Report.Ingest r -> {
        g.writeStringField("run", r.run());
        g.writeNumberField("lines", r.lines());
        g.writeNumberField("accepted", r.accepted());
        g.writeNumberField("duplicates", r.duplicates());
        g.writeNumberField("rejected", r.rejected());
        g.writeNumberField("skipped", r.skipped());
        g.writeNumberField("ignored_fields", r.ignoredFields());
        if (r.clockChanges() > 0) {
          g.writeNumberField("clock_changes", r.clockChanges());
        }
        g.writeNumberField("customers_created", r.customersCreated());
        if (told != Told.WHEN_DONE) {
          g.writeNumberField("committed_lines", r.committedLines());
        }
        writeErrors(g, r.firstErrors());
      }
      case Report.Settlement r -> {
        g.writeStringField("run", r.run());
        if (told != Told.ON_THE_WAY) { // a problem has an outcome of its own
          g.writeStringField("outcome", r.duplicate() ? "duplicate" : "settled");
        }
        g.writeNumberField("customers", r.customers());
        g.writeNumberField("refunds", r.refunds());
        writeSettled(g, r.settled());
      }
    }
  }

  static void writeSettled(JsonGenerator g, List<ExactSum> sums) throws IOException {
    g.writeArrayFieldStart("settled");
    for (ExactSum sum : sums) {
      g.writeStartObject();
      g.writeStringField("currency", sum.currency());
      g.writeNumberField("refunds", sum.refunds());
      g.writeNumberField("amount_minor", sum.amountMinor());
      g.writeEndObject();
    }
    g.writeEndArray();
  }

  private static void writeErrors(JsonGenerator g, List<RunEvent.LineError> errors)
      throws IOException {
    g.writeArrayFieldStart("first_errors");
    for (RunEvent.LineError e : errors) {
      g.writeStartObject();
      g.writeNumberField("line", e.line());
      g.writeStringField("code", e.code());
      g.writeStringField("message", e.message());
      g.writeEndObject();
    }
    g.writeEndArray();
  }
}
