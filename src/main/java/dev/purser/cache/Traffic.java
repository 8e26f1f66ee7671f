package dev.purser.cache;

import dev.purser.cache.Cache.Get;
import dev.purser.cache.Cache.Miss;
import dev.purser.cache.Cache.Reply;
import dev.purser.cache.RedisCache.Answered;
import dev.purser.cache.RedisCache.Event;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisNoScriptException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/// The commands between one cache actor and its Redis: which may be sent, which are in flight, and
/// what their answers say of Redis' health. Confined to the actor.
///
/// ## Limits
///
/// Commands in flight and the bytes of their values. A command that was given up stays in flight
/// until its answer comes or its connection ends: that is what Redis and the client still hold.
///
/// ## Failure
///
/// Without a connection, with the breaker open or a limit reached, nothing is sent: a miss, or a
/// put that is dropped. Nothing waits for better times.
final class Traffic {
  private final ActorContext<Cache.Command> context;
  private final RedisSettings settings;
  private final RedisMetrics metrics;
  private final CacheMetrics requests;
  private final Breaker breaker;
  private final Condition condition;
  private final LongSupplier ticker;
  private final Set<Flight<?>> flights = new LinkedHashSet<>();
  private @Nullable RedisLink link;
  private long bytes;
  private long heardNanos;
  private boolean flushing;

  Traffic(
      ActorContext<Cache.Command> context,
      RedisSettings settings,
      RedisMetrics metrics,
      CacheMetrics requests,
      Breaker breaker,
      Condition condition,
      LongSupplier ticker) {
    this.context = context;
    this.settings = settings;
    this.metrics = metrics;
    this.requests = requests;
    this.breaker = breaker;
    this.condition = condition;
    this.ticker = ticker;
  }

  /// A connection stands. True if it may be used before it has been probed.
  boolean up(RedisLink opened) {
    link = opened;
    heardNanos = ticker.getAsLong();
    breaker.connected(heardNanos);
    return breaker.closed();
  }

  /// The connection has ended, and with it all that is in flight.
  void down() {
    link = null;
    List<Flight<?>> lost = List.copyOf(flights);
    flights.clear();
    flushing = false; // what was to be told of it may have come while there was no connection
    bytes = 0;
    metrics.inFlight(0);
    lost.forEach(f -> giveUp(f, "lost")); // the breaker is not asked: there is nothing to call
  }

  /// Whether nothing is in flight and nobody need look.
  boolean idle() {
    return flights.isEmpty() && (link == null || breaker.closed());
  }

  void get(Get get) {
    if (admits(0)) {
      send(new Flight.Fetch(get));
    } else {
      requests.miss();
      get.replyTo().tell(new Miss());
    }
  }

  /// Sends a write, or drops it.
  void write(Flight.Write write) {
    if (admits(write.bytes())) {
      send(write);
    }
  }

  /// What an entry says; what cannot be read is a miss and removed, so that it can be repaired.
  Reply read(String id, byte @Nullable [] entry) {
    if (entry == null) {
      return requests.counted(new Miss());
    }
    Reply reply = Encoded.read(id, entry);
    if (reply == null) {
      unreadable(id, entry);
      reply = new Miss();
    }
    return requests.counted(reply);
  }

  /// What cannot be read is removed, so that it can be repaired.
  void unreadable(String id, byte[] entry) {
    requests.unreadable();
    if (admits(entry.length)) {
      send(new Flight.Drop(id, entry));
    }
  }

  /// Sends a step of clearing; false if there is no connection.
  boolean step(Flight.Step<?> step) {
    if (link != null) {
      send(step);
    }
    return link != null;
  }

  private boolean admits(int size) {
    if (link == null) {
      metrics.dropped("disconnected");
    } else if (!breaker.closed()) {
      metrics.dropped("breaker");
    } else if (flights.size() >= settings.inFlight() || bytes + size > settings.inFlightBytes()) {
      metrics.full();
    } else {
      return true;
    }
    return false;
  }

  private void send(Flight<?> flight) {
    flight.sentNanos = ticker.getAsLong();
    flights.add(flight);
    bytes += flight.bytes();
    metrics.inFlight(flights.size());
    put(flight);
  }

  private <T> void put(Flight<T> flight) {
    RedisLink to = link;
    if (to == null) {
      return;
    }
    CompletionStage<Event> answer =
        flight
            .send(to)
            .handle((value, failure) -> new Answered<>(flight, value, failure, ticker.getAsLong()));
    context.pipeToSelf(answer, (event, failure) -> event == null ? RedisCache.BROKEN : event);
    if (!flushing) {
      // What is in the mailbox by now shares one flush.
      flushing = true;
      context.getSelf().tell(RedisCache.FLUSH);
    }
  }

  void flush() {
    flushing = false;
    if (link != null) {
      link.flush();
    }
  }

  <T> void answered(Answered<T> answer) {
    Flight<T> flight = answer.flight();
    if (!flights.contains(flight)) {
      return; // of a connection that has ended
    }
    heardNanos = answer.atNanos();
    if (answer.failure() instanceof RedisNoScriptException
        && flight instanceof Flight.Scripted scripted
        && !scripted.whole) {
      scripted.whole = true;
      put(scripted);
      return;
    }
    flights.remove(flight);
    bytes -= flight.bytes();
    metrics.inFlight(flights.size());
    long took = answer.atNanos() - flight.sentNanos;
    metrics.roundTrip(flight.name(), took);
    Throwable failure = answer.failure();
    if (failure != null) {
      failed(flight, failure);
    } else {
      if (!flight.late) {
        judge(flight, breaker.quick(took));
      }
      condition.accepted(flight.name(), answer.atNanos());
      flight.answered(answer.value(), this);
    }
  }

  private void failed(Flight<?> flight, Throwable failure) {
    if (!(failure instanceof RedisCommandExecutionException refusal)) {
      giveUp(flight, "lost"); // and so will be the connection
    } else if (flight instanceof Flight.Fetch fetch && Trouble.wrongType(refusal)) {
      unreadable(fetch.id(), new byte[0]);
      giveUp(flight, "type");
    } else {
      condition.refused(
          flight.name(), Trouble.sentence(refusal, settings.url()), ticker.getAsLong());
      // A Redis that takes no writes still answers: only what cannot be read counts against it.
      if (!(flight instanceof Flight.Scripted)) {
        judge(flight, false);
      }
      giveUp(flight, "refused");
    }
  }

  /// Gives up what takes too long and asks how Redis is. True if the connection owes answers and
  /// has been silent for too long.
  boolean look() {
    long now = ticker.getAsLong();
    long oldest = now;
    for (Flight<?> flight : List.copyOf(flights)) {
      oldest = Math.min(oldest, flight.sentNanos);
      if (now - flight.sentNanos >= settings.commandTimeout().toNanos() && !patient(flight)) {
        judge(flight, false);
        giveUp(flight, "timeout");
      }
    }
    boolean probing = flights.stream().anyMatch(f -> f instanceof Flight.Probe);
    if (link != null && !probing && breaker.probeDue(now)) {
      send(new Flight.Probe());
    }
    metrics.breaker(breaker.state());
    return now - Math.max(oldest, heardNanos) >= settings.silence().toNanos();
  }

  private static boolean patient(Flight<?> flight) {
    return flight.late || flight instanceof Flight.Step;
  }

  private void giveUp(Flight<?> flight, String reason) {
    if (!flight.late) {
      flight.late = true;
      metrics.dropped(reason);
      if (flight instanceof Flight.Fetch) {
        requests.miss();
      }
      flight.failed();
    }
  }

  /// Tells the breaker of a command that ended, unless it was told when that was given up.
  private void judge(Flight<?> flight, boolean good) {
    if (flight.late) {
      return;
    }
    long now = ticker.getAsLong();
    boolean wasClosed = breaker.closed();
    switch (flight) {
      case Flight.Probe _ -> breaker.probed(good, now);
      case Flight.Fetch _, Flight.Scripted _ -> breaker.called(good, now);
      case Flight.Step<?> _ -> {
        // An operator's order takes its time.
      }
    }
    if (wasClosed && !breaker.closed()) {
      condition.away(Trouble.slow(settings, breaker.tally()));
    } else if (!wasClosed && breaker.closed()) {
      condition.back();
    }
    metrics.breaker(breaker.state());
  }
}
