package dev.purser.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Holds keys outside `purser` (those of `pekko` and `kamon`) against the reference configuration
/// of the libraries that read them: a key that no library knows would be ignored silently. Confined
/// to the thread that starts the process.
///
/// The reference names every key that is read, but for maps whose keys are the operator's
/// ([#isFree]) and for sections that inherit the keys of another one ([#keysOf]).
public final class Reference {
  private static final String DISPATCHER = "pekko.actor.default-dispatcher";

  /// Paths below which keys are names of the operator's or of the libraries' own plug-ins. Maps
  /// that are empty in the reference are free too.
  private static final Pattern FREE =
      Pattern.compile(
          "pekko\\.actor\\.(deployment|serializers|serialization-bindings"
              + "|serialization-identifiers|mailbox\\.requirements|router\\.type-mapping)"
              + "|pekko\\.coordinated-shutdown\\.(phases|reason-overrides)"
              + "|pekko\\.serialization\\.jackson\\.(\\S+\\.)?[a-z-]+-features"
              + "|pekko\\.serialization\\.jackson\\.(\\S+\\.)?visibility"
              + "|pekko\\.cluster\\.configuration-compatibility-check\\.checkers"
              + "|kamon\\.(modules|propagation\\.(http|binary)(\\..*)?)");

  /// Sections that are read with another one's keys as defaults, which the reference does not
  /// repeat.
  private static final Map<String, String> INHERITS =
      Map.ofEntries(
          Map.entry("pekko.http.server.parsing", "pekko.http.parsing"),
          Map.entry("pekko.http.client.parsing", "pekko.http.parsing"),
          Map.entry("pekko.http.host-connection-pool.client", "pekko.http.client"),
          Map.entry("pekko.serialization.jackson.jackson-json", "pekko.serialization.jackson"),
          Map.entry("pekko.serialization.jackson.jackson-cbor", "pekko.serialization.jackson"),
          Map.entry(
              "pekko.serialization.jackson.jackson-cbor.compression",
              "pekko.serialization.jackson.jackson-json.compression"),
          Map.entry("kamon.metric.factory.custom-settings", "kamon.metric.factory"));

  /// What each phase of the coordinated shutdown may say; the reference names only what differs.
  private static final Set<String> PHASE = Set.of("depends-on", "timeout", "recover", "enabled");

  private static final Pattern A_PHASE =
      Pattern.compile("pekko\\.coordinated-shutdown\\.phases\\.[^.]+");

  private static final Pattern WITH_UNIT = Pattern.compile("[0-9.]+\\s*[a-zA-Z]+");

  private final Config reference;
  private final Config ours;
  private final List<String> reasons = new ArrayList<>();
  private @Nullable Set<String> paths;

  private Reference(Config reference, Config ours) {
    this.reference = reference;
    this.ours = ours;
  }

  /// Every reason to refuse `ours`, the configuration without the reference.
  public static List<String> reasons(Config ours) {
    // The resolved one holds the JVM's system properties too, so that each would vouch for itself.
    Reference check = new Reference(ConfigFactory.defaultReferenceUnresolved().resolve(), ours);
    check.section("", ours.root().withoutKey("purser"), check.reference.root());
    if (ours.hasPath("purser")) {
      check.dispatchers("purser", ours.getObject("purser"));
    }
    return List.copyOf(check.reasons);
  }

  /// Sections of ours that Pekko reads as a dispatcher's.
  private void dispatchers(String path, ConfigObject section) {
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(section).entrySet()) {
      if (entry.getValue() instanceof ConfigObject below) {
        String at = path + "." + entry.getKey();
        if (entry.getKey().equals("dispatcher")) {
          section(at, below, reference.getObject(DISPATCHER));
        } else {
          dispatchers(at, below);
        }
      }
    }
  }

  private void section(String path, ConfigObject ours, ConfigObject known) {
    ConfigObject keys = keysOf(path, known);
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(ours).entrySet()) {
      String key = entry.getKey();
      String at = path.isEmpty() ? key : path + "." + key;
      ConfigValue value = entry.getValue();
      ConfigValue usual = keys.get(key);
      if (usual == null) {
        if (!isFree(path, keys) && !(A_PHASE.matcher(path).matches() && PHASE.contains(key))) {
          reasons.add(at + ": there is no such key" + hint(at));
        }
      } else if (value instanceof ConfigObject below && usual instanceof ConfigObject usualBelow) {
        section(at, below, usualBelow);
      } else {
        unit(at, value, usual);
      }
    }
  }

  /// The nearest key; a section of ours that stands outside `purser` is meant to be in it.
  private String hint(String at) {
    return ours.hasPath("purser." + at)
        ? "; the nearest is purser." + at
        : Spelling.hint(at, paths());
  }

  private static boolean isFree(String path, ConfigObject keys) {
    return !path.isEmpty()
        && !A_PHASE.matcher(path).matches()
        && (keys.isEmpty() || FREE.matcher(path).matches());
  }

  /// The keys that may stand in the section at `path`.
  private ConfigObject keysOf(String path, ConfigObject known) {
    String parent = INHERITS.get(path);
    if (parent != null) {
      return known.withFallback(reference.getObject(parent));
    }
    boolean dispatcher =
        known.containsKey("executor")
            || (known.containsKey("type") && known.containsKey("throughput"));
    return dispatcher && !path.equals(DISPATCHER)
        ? known.withFallback(reference.getObject(DISPATCHER))
        : known;
  }

  /// A bare number reads as milliseconds, or bytes, where the reference has a unit.
  private void unit(String at, ConfigValue value, ConfigValue usual) {
    boolean withUnit =
        usual.unwrapped() instanceof String text && WITH_UNIT.matcher(text.strip()).matches();
    if (withUnit && Units.isBare(value)) {
      reasons.add(at + ": " + Units.missing(value, String.valueOf(usual.unwrapped())));
    }
  }

  /// All paths of the reference; made when the first one is misspelt.
  private Set<String> paths() {
    Set<String> all = paths;
    if (all == null) {
      all = new TreeSet<>();
      collect("", reference.root(), all);
      paths = all;
    }
    return all;
  }

  private static void collect(String path, ConfigObject section, Set<String> all) {
    for (Map.Entry<String, ConfigValue> entry : section.entrySet()) {
      String at = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
      all.add(at);
      if (entry.getValue() instanceof ConfigObject below) {
        collect(at, below, all);
      }
    }
  }
}
