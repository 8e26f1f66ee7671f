package dev.purser.http;

import dev.purser.customers.Customer;
import dev.purser.partitions.Condition;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Conditional requests (RFC 9110, section 13). An entity tag is the version of a customer or of a
/// record in quotes.
final class Preconditions {
  private static final Pattern TAG =
      Pattern.compile("\\G[ \\t]*(W/)?\"([!\\x23-\\x7e]*)\"[ \\t]*(?:,|$)[ \\t,]*");

  /// Empty elements before the first tag; those after one go with it.
  private static final Pattern NOTHING = Pattern.compile("[ \\t,]*");

  private Preconditions() {}

  /// The condition of a write, or null if it has none. Tags are compared strongly: a weak one, or
  /// one that is no version, matches nothing.
  static Customer.@Nullable Condition ofWrite(Head head) {
    if (head.ifMatch != null && head.ifNoneMatch != null) {
      throw Problem.invalid("If-None-Match", "cannot be combined with If-Match").refusal();
    }
    if (head.ifNoneMatch != null) {
      if (head.ifNoneMatch.strip().equals("*")) {
        return new Customer.Condition.Absent();
      }
      throw Problem.invalid("If-None-Match", "must be * on a write").refusal();
    }
    if (head.ifMatch == null) {
      return null;
    }
    return head.ifMatch.strip().equals("*")
        ? new Customer.Condition.Present()
        : new Customer.Condition.VersionIs(versions("If-Match", head.ifMatch, true));
  }

  /// The same of a record, such as a document.
  static @Nullable Condition ofRecord(Head head) {
    return switch (ofWrite(head)) {
      case null -> null;
      case Customer.Condition.VersionIs(List<Long> versions) -> new Condition.VersionIs(versions);
      case Customer.Condition.Present _ -> new Condition.Present();
      case Customer.Condition.Absent _ -> new Condition.Absent();
    };
  }

  /// Whether a reader already has `version` (weak comparison).
  static boolean unchanged(Head head, long version) {
    String tags = head.ifNoneMatch;
    return tags != null
        && (tags.strip().equals("*") || versions("If-None-Match", tags, false).contains(version));
  }

  static String tag(long version) {
    return "\"" + version + "\"";
  }

  private static List<Long> versions(String header, String tags, boolean strong) {
    List<Long> versions = new ArrayList<>(1);
    Matcher tag = TAG.matcher(tags);
    Matcher nothing = NOTHING.matcher(tags);
    int end = nothing.lookingAt() ? nothing.end() : 0;
    tag.region(end, tags.length());
    boolean any = false;
    while (tag.find()) {
      any = true;
      end = tag.end();
      boolean usable =
          (tag.group(1) == null || !strong) && tag.group(2).matches("[1-9][0-9]{0,17}");
      if (usable) {
        versions.add(Long.parseLong(tag.group(2)));
      }
    }
    if (end != tags.length() || !any) {
      throw Problem.invalid(header, "must be * or a list of entity tags such as \"42\"").refusal();
    }
    return versions;
  }
}
