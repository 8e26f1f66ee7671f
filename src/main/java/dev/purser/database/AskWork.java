package dev.purser.database;

import dev.purser.slots.Connector;
import org.jspecify.annotations.Nullable;

/// One question.
///
/// @param <T> what it is answered with
final class AskWork<T> extends StoreWork {
  private final PendingAsk<T> entry;
  private @Nullable T answer;

  AskWork(PendingAsk<T> entry, Connector<Store> connector, Retrying retrying) {
    super(connector, retrying);
    this.entry = entry;
  }

  PendingAsk<T> entry() {
    return entry;
  }

  /// Tells the caller; only in stage `DONE`.
  void reply() {
    T found = answer;
    if (found != null) {
      entry.replyTo().tell(new Database.Answer.Found<>(found));
    }
  }

  @Override
  public String name() {
    return "question " + entry.query().getClass().getSimpleName();
  }

  @Override
  void execute(Store store) throws Exception {
    T found = store.answer(entry.query());
    if (found == null) {
      throw new IllegalStateException("a question was answered with nothing");
    }
    answer = found;
  }

  @Override
  void undo(Store store) {
    // A question leaves nothing behind.
  }
}
