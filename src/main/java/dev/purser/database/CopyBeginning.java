package dev.purser.database;

import dev.purser.faults.Escalated;
import java.util.List;

/// Decides whether a copy may begin or go on, from what both databases say of themselves. Confined
/// to one thread.
final class CopyBeginning {
  /// Holds what an unfinished copy came from.
  static final String UNFINISHED = "unfinished_copy";

  private final CopySide source;
  private final CopySide target;

  CopyBeginning(CopySide source, CopySide target) {
    this.source = source;
    this.target = target;
  }

  /// Lets the target be a marked copy of the source, which is empty or goes on.
  ///
  /// @throws Escalated if it may not
  void begin() {
    checkSource();
    SchemaMark mark = target.mark();
    switch (mark.kind()) {
      case EMPTY -> {
        target.migrate();
        markTarget();
      }
      case WHOLE -> {
        checkVersion(target, mark.version(), "empty it");
        if (holdsData()) {
          throw refused(target, "holds data already: name an empty database as the target.");
        }
        markTarget();
      }
      case COPYING -> goOn(mark);
      case FOREIGN ->
          throw refused(target, "holds another program's tables: name an empty database.");
    }
  }

  private void checkSource() {
    SchemaMark mark = source.mark();
    switch (mark.kind()) {
      case EMPTY ->
          throw refused(source, "holds no tables of Purser: name the database it is kept in.");
      case FOREIGN ->
          throw refused(source, "holds another program's tables: name Purser's database.");
      case COPYING ->
          throw refused(source, "is itself an unfinished copy: finish that one before it.");
      case WHOLE ->
          checkVersion(
              source,
              mark.version(),
              "serve it once with this version of Purser, which brings it up to date");
    }
  }

  private static void checkVersion(CopySide side, int version, String older) {
    if (version > side.version()) {
      throw refused(
          side,
          "has schema version "
              + version
              + ", and this version of Purser knows none above "
              + side.version()
              + ": copy with the newer Purser that wrote it.");
    }
    if (version < side.version()) {
      throw refused(
          side,
          "has schema version "
              + version
              + ", and a copy needs "
              + side.version()
              + ": "
              + older
              + ", then copy.");
    }
  }

  private void goOn(SchemaMark mark) {
    if (mark.version() != target.version()) {
      throw refused(
          target,
          "is an unfinished copy by another version of Purser: finish it with that one, or drop"
              + " it.");
    }
    String from = target.one("SELECT source FROM " + UNFINISHED, row -> row.getString(1));
    if (!from.equals(source.shown())) {
      throw refused(
          target,
          "is an unfinished copy of " + from + ": finish that one, or drop it and begin anew.");
    }
  }

  private boolean holdsData() {
    List<String> filled =
        CopyTable.ALL.stream()
            .map(CopyTable::name)
            .filter(
                name ->
                    target.one(
                        "SELECT EXISTS (SELECT * FROM "
                            + name
                            // The one row that an empty ledger has.
                            + (name.equals("erased_floor") ? " WHERE version > 0)" : ")"),
                        row -> row.getBoolean(1)))
            .toList();
    return !filled.isEmpty();
  }

  /// All at once: no instant in which a service would take the target for a ledger of its own.
  private void markTarget() {
    target.autoCommit(false);
    target.run(
        "CREATE TABLE " + UNFINISHED + " (source text NOT NULL)",
        "INSERT INTO " + UNFINISHED + " VALUES ('" + source.shown().replace("'", "''") + "')",
        "DELETE FROM erased_floor",
        target.marking(false));
    target.commit();
    target.autoCommit(true);
  }

  private static Escalated refused(CopySide side, String what) {
    return new Escalated(side.shown() + " " + what, null);
  }
}
