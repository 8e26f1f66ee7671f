package dev.purser.customers;

import dev.purser.customers.Customer.Apply;
import dev.purser.customers.Customer.Command;
import dev.purser.customers.Customer.Reply;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Function;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/// Runs the states of one customer so that no failure leaves a caller to its timeout: whoever still
/// waits is answered before the customer restarts or stops. Confined to one customer.
final class Guard {
  private final Runnable withdraw;
  private final Readers readers;
  private final Writing writing;
  private final CustomersMetrics metrics;
  private @Nullable Command inHand;

  /// @param withdraw takes away what others answer in the customer's name
  Guard(Runnable withdraw, Readers readers, Writing writing, CustomersMetrics metrics) {
    this.withdraw = withdraw;
    this.readers = readers;
    this.writing = writing;
    this.metrics = metrics;
  }

  /// The behavior of a state, made once.
  Behavior<Command> state(Function<Command, Behavior<Command>> state) {
    return Behaviors.receive((_, c) -> run(c, state), (_, s) -> signal(s));
  }

  private Behavior<Command> run(Command command, Function<Command, Behavior<Command>> state) {
    inHand = command;
    try {
      Behavior<Command> next = state.apply(command);
      inHand = null;
      return next;
    } catch (RuntimeException | Error e) {
      // Not left to PreRestart: the failure that is one too many stops without it.
      refuseAll();
      throw e;
    }
  }

  private Behavior<Command> signal(Signal signal) {
    if (signal instanceof PreRestart) {
      metrics.restarted();
    }
    if (signal instanceof PreRestart || signal instanceof PostStop) {
      refuseAll();
    }
    return Behaviors.same();
  }

  private void refuseAll() {
    withdraw.run();
    Set<Command> waiting = Collections.newSetFromMap(new IdentityHashMap<>());
    readers.drainTo(waiting);
    if (inHand != null) {
      waiting.add(inHand);
      inHand = null;
    }
    writing.abandon(waiting);
    Reply refusal = new Reply.Refused(Refusals.RESTARTING, false);
    for (Command command : waiting) {
      if (command instanceof Apply write) {
        write.replyTo().tell(refusal);
      } else {
        readers.answer(command, refusal);
      }
    }
  }
}
