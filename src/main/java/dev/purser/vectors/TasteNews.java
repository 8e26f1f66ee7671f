package dev.purser.vectors;

/// What has become of one customer's taste and is not acknowledged yet. Immutable.
sealed interface TasteNews {
  /// Saves that moved the customer from one version (0: it was absent) to another.
  record Added(long from, long to, TasteSums sums) implements TasteNews {}

  /// All that there is at `version`.
  record Whole(long version, TasteSums sums) implements TasteNews {}

  /// The customer is gone, and whatever was known of it up to a version.
  record Gone(long upTo) implements TasteNews {}

  /// Only the database knows.
  record Unread() implements TasteNews {}

  /// These news and later ones, folded into one.
  default TasteNews then(TasteNews later) {
    return switch (later) {
      case Added added -> then(added);
      case Gone(long upTo) when covered() > upTo -> new Unread(); // made anew, and reported before
      case Gone _, Whole _, Unread _ -> later;
    };
  }

  /// The version up to which these news tell what there is; 0 if they do not say.
  private long covered() {
    return switch (this) {
      case Added(long _, long to, var _) -> to;
      case Whole(long version, var _) -> version;
      case Gone _, Unread _ -> 0;
    };
  }

  private TasteNews then(Added later) {
    return switch (this) {
      case Added(long from, long to, TasteSums sums) when to == later.from ->
          new Added(from, later.to, sums.plus(later.sums));
      case Whole(long version, TasteSums sums) when version == later.from ->
          new Whole(later.to, sums.plus(later.sums));
      case Whole whole when whole.version >= later.to -> whole;
      case Added _, Whole _, Gone _, Unread _ -> new Unread();
    };
  }

  /// The change that tells the customer's partition.
  ///
  /// @throws IllegalStateException if it has to be read first
  default TasteChange change(String id) {
    return switch (this) {
      case Added(long from, long to, TasteSums sums) ->
          new TasteChange.Add(id, from, to, sums.entries());
      case Whole(long version, TasteSums sums) ->
          new TasteChange.Replace(id, version, sums.entries());
      case Gone(long upTo) -> new TasteChange.Remove(id, upTo);
      case Unread _ -> throw new IllegalStateException("not read yet: " + id);
    };
  }
}
