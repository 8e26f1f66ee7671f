package dev.purser.database;

import dev.purser.faults.DatabaseCause;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/// What the errors of PostgreSQL and its driver mean: a table over SQLStates, refined ones before
/// their class (https://www.postgresql.org/docs/current/errcodes-appendix.html). Immutable.
final class PostgresErrors {
  private static final Meaning UNKNOWN =
      new Meaning(DatabaseCause.UNKNOWN, "failed in an unexpected way");

  /// The states that the driver uses where it has none of a server to pass on.
  private static final Meaning NO_HOST =
      setup("has a host name that cannot be resolved; check the URL's host and the name service");

  private static final Meaning NO_TLS =
      setup("could not agree on TLS; check sslmode, the certificates and the host's name in them");

  private static final Meaning NOT_POSTGRES =
      setup("does not speak as a PostgreSQL server does; check the URL's host and port");

  /// By SQLState, or by its first two characters, its class.
  private static final Map<String, Meaning> MEANINGS =
      Map.ofEntries(
          Map.entry("08", unreachable("cannot be reached; check its host, its port and the net")),
          Map.entry(
              "08004",
              setup("refused the connection; check sslmode in the URL and its" + " pg_hba.conf")),
          Map.entry("57P01", unreachable("ended the connection by an administrator's order")),
          Map.entry("57P02", unreachable("crashed and is recovering; see its log")),
          Map.entry("57P03", unreachable("is starting up or shutting down; wait for it")),
          Map.entry("57P04", setup("was dropped; create it again, or name another one in the URL")),
          Map.entry("57P05", unreachable("ended the connection, which was idle for long")),
          Map.entry("57014", unreachable("gave up a statement that ran past its time limit")),
          Map.entry("25P03", unreachable("ended a transaction that was idle for long")),
          Map.entry("25P04", unreachable("ended a transaction that ran past its time limit")),
          Map.entry("40003", unreachable("does not know whether a statement was completed")),
          Map.entry("53", unreachable("has too few resources; see its log")),
          Map.entry("53200", unreachable("ran out of memory; give it more, or lower its settings")),
          Map.entry(
              "53300",
              unreachable("has no connection left; raise max_connections or" + " use fewer slots")),
          Map.entry("58", unreachable("has trouble with its disk or system; see its log")),
          Map.entry("0A000", unreachable("changed a table under a statement; it is tried again")),
          Map.entry(
              "26000",
              setup(
                  "forgets statements, as behind a pooler in transaction mode;"
                      + " let the pooler keep sessions, or connect to the server itself")),
          Map.entry("40", busy("is busy with others' work on the same rows")),
          Map.entry("55P03", busy("has the rows locked by another session for too long")),
          Map.entry("55006", busy("is in use by another session in another way")),
          Map.entry(
              "28",
              setup("refused the user; check the user, the password and its" + " pg_hba.conf")),
          Map.entry("28P01", setup("refused the password; correct it in the URL")),
          Map.entry("3D000", setup("does not exist; create it, or name another one in the URL")),
          Map.entry(
              "42501",
              setup(
                  "denies the user a right; grant it CREATE on the database, and"
                      + " make it the owner of the schema and its tables")),
          Map.entry(
              "25006",
              setup(
                  "is read-only, as a standby is; name the server that takes"
                      + " writes, or all members of the cluster, in the URL")),
          Map.entry("53100", setup("is on a full disk; free some space")),
          Map.entry("53400", setup("has reached a limit of its configuration; see its log")),
          Map.entry("22021", data("refused a text that its encoding cannot hold")),
          Map.entry("22", data("refused a value")),
          Map.entry("23", data("refused a row that breaks a constraint")),
          Map.entry("54", data("refused what is beyond one of its limits")),
          Map.entry("58P01", corrupt("lacks one of its files; restore it from a backup")),
          Map.entry("XX001", corrupt("has damaged pages; restore it from a backup")),
          Map.entry("XX002", corrupt("has a damaged index; reindex it, or restore a backup")),
          Map.entry("42P01", corrupt("lacks a table of ours; restore it from a backup")),
          Map.entry("42703", corrupt("lacks a column of ours; restore it from a backup")),
          Map.entry("3F000", corrupt("lacks our schema; restore it from a backup")));

  /// Commits that fail with these are not applied. They are errors of a session that lives on, and
  /// a server that has written the record of a commit never reports one: it would crash instead
  /// (`RecordTransactionAbort`). A full disk is not listed, which may come from just that crash.
  private static final Set<String> UNCOMMITTED =
      Set.of("40000", "40001", "40002", "40P01", "25P02", "57014", "55P03");

  private PostgresErrors() {}

  /// What an error means.
  ///
  /// @param sentence what the database does or `is`, to be put after its name
  private record Meaning(DatabaseCause cause, String sentence) {}

  static DatabaseCause cause(SQLException error) {
    return meaning(error).cause;
  }

  /// Whether a commit that failed with `error` is certain not to have been applied.
  static boolean uncommitted(SQLException error) {
    String state = state(error);
    return UNCOMMITTED.contains(state) || state.startsWith("23");
  }

  /// One sentence for an operator: what is wrong and how to mend it. It quotes nothing of the
  /// server's message, which may hold data.
  static String sentence(SQLException error) {
    String state = state(error);
    return "The database "
        + meaning(error).sentence
        + (state.isEmpty() ? "." : " (SQLState " + state + ").");
  }

  private static Meaning meaning(SQLException error) {
    String state = state(error);
    if (state.startsWith("08")) {
      if (causedBy(error, UnknownHostException.class)) {
        return NO_HOST;
      }
      if (causedBy(error, SSLException.class) && !causedBy(error, java.io.EOFException.class)) {
        return NO_TLS;
      }
    }
    if (state.equals("08P01") && !toldByServer(error)) {
      return NOT_POSTGRES;
    }
    Meaning refined = MEANINGS.get(state);
    String kind = state.substring(0, Math.min(2, state.length()));
    return refined == null ? MEANINGS.getOrDefault(kind, UNKNOWN) : refined;
  }

  private static String state(SQLException error) {
    @Nullable String state = error.getSQLState();
    return state == null ? "" : state;
  }

  /// Poolers tell with this state what they have to say; the driver, that it was not understood.
  private static boolean toldByServer(SQLException error) {
    return error instanceof PSQLException told && told.getServerErrorMessage() != null;
  }

  private static boolean causedBy(Throwable error, Class<? extends Throwable> kind) {
    int depth = 0;
    for (Throwable t = error; t != null && depth < 16; t = t.getCause()) {
      if (kind.isInstance(t)) {
        return true;
      }
      depth++;
    }
    return false;
  }

  private static Meaning busy(String sentence) {
    return new Meaning(DatabaseCause.BUSY, sentence);
  }

  private static Meaning setup(String sentence) {
    return new Meaning(DatabaseCause.SETUP, sentence);
  }

  private static Meaning unreachable(String sentence) {
    return new Meaning(DatabaseCause.UNREACHABLE, sentence);
  }

  private static Meaning corrupt(String sentence) {
    return new Meaning(DatabaseCause.CORRUPT, sentence);
  }

  private static Meaning data(String sentence) {
    return new Meaning(DatabaseCause.BAD_DATA, sentence);
  }
}
