package dev.purser.customers;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.purser.cluster.Wire;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// One customer: the only writer of its aggregate.
public final class Customer {

  private Customer() {}

  /// What may be asked of a customer. Deadlines are absolute, in the clock's milliseconds since
  /// 1970.
  public sealed interface Command extends Wire {}

  /// Reads the aggregate; answered with [Reply.Read], or [Reply.Refused] with not found.
  public record Read(long deadlineMillis, ActorRef<Reply> replyTo) implements Command {}

  /// Applies changes in their order; answered with [Reply.Applied] after the durable commit.
  ///
  /// @param bulk whether they come from a bulk run and may wait behind interactive saves
  public record Apply(
      List<Change> changes,
      @Nullable Condition condition,
      boolean bulk,
      long deadlineMillis,
      ActorRef<Reply> replyTo)
      implements Command {
    public Apply {
      changes = List.copyOf(changes);
    }
  }

  /// What must hold of the version before changes are applied; else they are refused
  /// ([ServiceError.Precondition]).
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "condition")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Condition.VersionIs.class, name = "version_is"),
    @JsonSubTypes.Type(value = Condition.Present.class, name = "present"),
    @JsonSubTypes.Type(value = Condition.Absent.class, name = "absent"),
  })
  public sealed interface Condition {
    /// The current version is one of these.
    record VersionIs(List<Long> versions) implements Condition {
      public VersionIs {
        versions = List.copyOf(versions);
      }
    }

    /// The customer exists.
    record Present() implements Condition {}

    /// The customer does not exist.
    record Absent() implements Condition {}
  }

  /// Answers of a customer.
  public sealed interface Reply extends Wire {

    /// The aggregate. `json` is the encoded `data` object of the HTTP answer, handed over: never
    /// changed by anyone.
    @SuppressWarnings("ArrayRecordComponent") // a documented hand-over, compared by nobody
    record Read(String id, long version, boolean stale, Source source, byte[] json)
        implements Reply {}

    /// Committed. `outcomes` has one entry for each change. `profile` is the aggregate afterwards,
    /// version 0 if the customer is absent (erased, or every change refused).
    ///
    /// @param created whether this save made the customer
    record Applied(List<Outcome> outcomes, Profile profile, boolean created) implements Reply {
      public Applied {
        outcomes = List.copyOf(outcomes);
      }
    }

    /// Refused as a whole.
    ///
    /// @param outcomeUnknown true if a write may have been applied; false if it was not, or nothing
    ///   was to be written
    record Refused(ServiceError error, boolean outcomeUnknown) implements Reply {}
  }

  /// Where an answer was read from.
  public enum Source {
    MEMORY,
    DATABASE,
    CACHE
  }
}
