package dev.purser.customers;

import dev.purser.customers.Customer.Command;
import dev.purser.customers.Customer.Look;
import dev.purser.customers.Customer.Read;
import dev.purser.customers.Customer.Reply;
import dev.purser.customers.Customer.Seen;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.function.Supplier;

/// Those who wait for a customer to be loaded, bounded. Confined to one customer.
final class Readers {
  private final String id;
  private final int limit;
  private final ArrayDeque<Command> waiting = new ArrayDeque<>(2);

  Readers(String id, int limit) {
    this.id = id;
    this.limit = limit;
  }

  /// Whether there was room for one more.
  boolean add(Command reader) {
    return waiting.size() < limit && waiting.add(reader);
  }

  /// Answers all; `reply` is asked for each anew.
  void answer(Supplier<Reply> reply) {
    for (Command reader = waiting.poll(); reader != null; reader = waiting.poll()) {
      answer(reader, reply.get());
    }
  }

  /// Answers whoever sent `reader`, if that asks for an answer.
  void answer(Command reader, Reply reply) {
    if (reader instanceof Read read) {
      read.replyTo().tell(reply);
    } else if (reader instanceof Look look) {
      look.replyTo().tell(new Seen(id, reply));
    }
  }

  /// Empties this into `into`.
  void drainTo(Collection<? super Command> into) {
    into.addAll(waiting);
    waiting.clear();
  }
}
