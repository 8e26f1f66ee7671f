package dev.purser.ingest;

import dev.purser.database.Chore;
import dev.purser.database.Database;
import dev.purser.database.Database.Answer;
import dev.purser.database.Letter;
import dev.purser.database.Query;
import dev.purser.database.RunRow;
import dev.purser.faults.ServiceError;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Letters and runs in maps. Its maps are looked at by tests while nothing is under way.
final class StubDatabase {
  final Map<Long, Letter> letters = new TreeMap<>();
  final Map<String, RunRow> runs = new TreeMap<>();
  volatile ServiceError fault;
  volatile int interrupts;
  volatile int expiries;
  volatile int drops;
  volatile int refusals;
  private long lastId;

  Behavior<Database.Command> behavior() {
    return Behaviors.receiveMessage(
        command -> {
          synchronized (this) {
            switch (command) {
              case Database.Do(Chore chore, _, _, var replyTo) -> {
                ServiceError refusal = fault;
                refusals += refusal == null ? 0 : 1;
                replyTo.tell(
                    refusal == null
                        ? new Answer.Found<>(act(chore))
                        : new Answer.Failed<>(refusal));
              }
              case Database.Ask<?> ask -> answer(ask);
              default -> throw new IllegalArgumentException(command.toString());
            }
          }
          return Behaviors.same();
        });
  }

  synchronized List<Letter> letters() {
    return List.copyOf(letters.values());
  }

  synchronized RunRow run(String id) {
    return runs.get(id);
  }

  private long act(Chore chore) {
    return switch (chore) {
      case Chore.KeepLetters(var kept) -> {
        for (Letter l : kept) {
          letters
              .values()
              .removeIf(
                  o ->
                      o.derivedId().equals(l.derivedId())
                          && o.reason().equals(l.reason())
                          && Objects.equals(o.profile(), l.profile())
                          && o.raw().equals(l.raw()));
          long id = ++lastId;
          letters.put(
              id,
              new Letter(
                  id,
                  l.run(),
                  l.line(),
                  l.reason(),
                  l.code(),
                  l.message(),
                  l.raw(),
                  l.profile(),
                  l.header(),
                  l.derivedId(),
                  l.customer(),
                  l.atMillis()));
        }
        yield kept.size();
      }
      case Chore.DropLetter(long id) -> letters.remove(id) == null ? 0 : 1;
      case Chore.DropLetterIds(var ids) -> {
        drops++;
        yield ids.stream().filter(id -> letters.remove(id) != null).count();
      }
      case Chore.DropLetters(var run, var reason, long _, long _) -> {
        int before = letters.size();
        letters.values().removeIf(l -> matches(l, run, reason));
        yield before - letters.size();
      }
      case Chore.ExpireLetters _ -> ++expiries;
      case Chore.KeepRun(RunRow row) -> {
        runs.put(row.id(), row);
        yield 1;
      }
      case Chore.InterruptRuns _ -> ++interrupts;
      case Chore.SeeRun _, Chore.ContinueRun _ -> 1;
      case Chore.CancelRun _ -> 0;
      case Chore.LiftSuppression _,
          Chore.DropLettersOf _,
          Chore.ExpireRuns _,
          Chore.ExpireSettlements _,
          Chore.Purge _,
          Chore.ForgetErasures _ ->
          0;
    };
  }

  @SuppressWarnings("unchecked") // the query's type says what it is answered with
  private <T> void answer(Database.Ask<T> ask) {
    Object found =
        switch (ask.query()) {
          case Query.Letters q ->
              letters.values().stream()
                  .filter(l -> l.id() > q.afterId() && matches(l, q.run(), q.reason()))
                  .limit(q.limit())
                  .toList();
          case Query.OneLetter q -> Optional.ofNullable(letters.get(q.id()));
          case Query.LettersBeyond _, Query.RunsBeyond _, Query.SettlementsBeyond _ ->
              Optional.empty();
          case Query.OneRun q -> Optional.ofNullable(runs.get(q.id()));
          case Query.Runs q -> List.copyOf(new TreeMap<>(runs).descendingMap().values());
          default -> throw new IllegalArgumentException(ask.query().toString());
        };
    ActorRef<Answer<T>> replyTo = ask.replyTo();
    replyTo.tell(fault == null ? new Answer.Found<>((T) found) : new Answer.Failed<>(fault));
  }

  private static boolean matches(Letter l, String run, String reason) {
    return (run == null || l.run().equals(run)) && (reason == null || l.reason().equals(reason));
  }
}
