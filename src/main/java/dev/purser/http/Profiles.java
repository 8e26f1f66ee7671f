package dev.purser.http;

import dev.purser.customers.Customer.Reply;
import dev.purser.customers.Customers;
import dev.purser.faults.ServiceError;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// The profiles of many customers, as many as fit an answer: one has some hundred bytes as a rule,
/// and half a MiB if its preferences are as many and as long as they may be. Immutable.
///
/// @param failed the ids that could not be read, and those that no room was left for
/// @param error why ids could not be read, or null if all that were asked for could
/// @param asked how many ids were asked for, from the first; all others are among `failed`
record Profiles(
    List<Reply.Read> found,
    List<String> missing,
    List<String> failed,
    @Nullable ServiceError error,
    int asked) {
  /// Asked for together before anything is known of their size.
  private static final int FIRST = 128;

  /// Asked for together at most, by what they would weigh if all were as long as the longest so
  /// far.
  private static final int TOGETHER_BYTES = 4 << 20;

  private static final int TOGETHER = 500;
  private static final int LEAST_BYTES = 256;

  /// Reads the customers `ids` in their order, until their profiles have `most` bytes. What is read
  /// counts to what the call holds.
  static CompletionStage<Profiles> of(Call call, List<String> ids, int most, long deadlineMillis) {
    return new Reading(call, ids, most, deadlineMillis).next(FIRST);
  }

  /// Confined to one call, which asks for one part after the other.
  private static final class Reading {
    private final Call call;
    private final List<String> ids;
    private final int most;
    private final long deadlineMillis;
    private final List<Reply.Read> found = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();
    private final List<String> failed = new ArrayList<>();
    private @Nullable ServiceError error;
    private int asked;
    private long bytes;
    private int longest = LEAST_BYTES;

    Reading(Call call, List<String> ids, int most, long deadlineMillis) {
      this.call = call;
      this.ids = ids;
      this.most = most;
      this.deadlineMillis = deadlineMillis;
    }

    CompletionStage<Profiles> next(int together) {
      List<String> part = ids.subList(asked, Math.min(ids.size(), asked + together));
      return call.doors()
          .customers()
          .lookup(part, deadlineMillis)
          .thenCompose(lookup -> read(part, lookup));
    }

    private CompletionStage<Profiles> read(List<String> part, Customers.Lookup lookup) {
      missing.addAll(lookup.missing());
      failed.addAll(lookup.failed());
      error = lookup.error() == null ? error : lookup.error();
      asked += part.size();
      for (Reply.Read profile : lookup.found()) {
        if (bytes >= most) {
          asked = ids.indexOf(profile.id()); // this one and all after it
          break;
        }
        found.add(profile);
        bytes += profile.json().length;
        longest = Math.max(longest, profile.json().length);
      }
      call.reserve(bytes);
      return asked == ids.size() || bytes >= most
          ? CompletableFuture.completedFuture(ended())
          : next(Math.clamp(TOGETHER_BYTES / longest, 1, TOGETHER));
    }

    private Profiles ended() {
      Set<String> rest = new LinkedHashSet<>(ids.subList(asked, ids.size()));
      missing.removeAll(rest);
      failed.removeAll(rest);
      failed.addAll(rest);
      return new Profiles(found, missing, failed, error, asked);
    }
  }
}
