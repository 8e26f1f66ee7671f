package dev.purser;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import dev.purser.cache.CacheSettings;
import dev.purser.cluster.ClusterSettings;
import dev.purser.cluster.JoinCheck;
import dev.purser.config.ConfigFiles;
import dev.purser.config.Keys;
import dev.purser.config.Reference;
import dev.purser.config.ServiceLinks;
import dev.purser.config.Spelling;
import dev.purser.customers.CustomersSettings;
import dev.purser.database.DatabaseSettings;
import dev.purser.database.DatabaseUrl;
import dev.purser.database.Ledger;
import dev.purser.documents.DocumentsSettings;
import dev.purser.http.HttpSettings;
import dev.purser.ingest.IngestSettings;
import dev.purser.vectors.SpacesSettings;
import dev.purser.vectors.VectorsSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Everything an operator may set, read once and checked as a whole. Immutable.
///
/// Precedence: system property `purser.http.port`, environment `PURSER_HTTP_PORT` (each key has
/// one: dots and dashes become underscores), `conf/local.conf`, the other files of `conf/`.
///
/// @param effective the whole configuration, the actor system's included
/// @param serviceLinks environment variables of Kubernetes or Docker that begin like ours and were
///   ignored, in order
public record PurserSettings(
    DataSettings data,
    DatabaseSettings database,
    CacheSettings cache,
    CustomersSettings customers,
    DocumentsSettings documents,
    IngestSettings ingest,
    VectorsSettings vectors,
    SpacesSettings spaces,
    HttpSettings http,
    ClusterSettings cluster,
    Config effective,
    List<String> serviceLinks) {

  /// What the log's configuration understands; anything else it would pass over in silence.
  private static final List<String> LEVELS =
      List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF");

  /// Names that begin like ours and are no keys: they belong to the start script and to the log's
  /// configuration.
  private static final Set<String> NOT_KEYS =
      Set.of("PURSER_JAVA_HOME", "PURSER_JAVA_OPTS", "PURSER_HOME", "PURSER_LOG_LEVEL");

  /// The same among system properties.
  private static final Set<String> NOT_PROPERTIES = Set.of("purser.home", "purser.stderr");

  /// Reads the configuration in `conf`.
  ///
  /// @throws Refused with every reason, if it cannot be used
  public static PurserSettings load(Path conf, Map<String, String> environment, Properties system) {
    try {
      List<String> reasons = new ArrayList<>();
      Config files = ConfigFiles.parse(conf).resolve();
      Map<String, String> ours = new TreeMap<>(environment);
      ours.entrySet().removeIf(e -> ServiceLinks.is(e.getKey(), e.getValue()));
      Set<String> links = new TreeSet<>(environment.keySet());
      links.removeAll(ours.keySet());
      Config own = overlaySystem(overlayEnvironment(files, ours, reasons), system, reasons);
      reasons.addAll(Reference.reasons(own));
      Config all = own.withFallback(ConfigFactory.defaultReferenceUnresolved()).resolve();
      return read(all, reasons, List.copyOf(links));
    } catch (ConfigException e) {
      throw new Refused(List.of(String.valueOf(e.getMessage())));
    }
  }

  private static PurserSettings read(Config all, List<String> early, List<String> serviceLinks) {
    Keys keys = new Keys(all.getConfig("purser"));
    PurserSettings settings =
        new PurserSettings(
            DataSettings.read(keys.at("data"), keys.at("database")),
            DatabaseSettings.read(keys.at("database")),
            CacheSettings.read(keys.at("cache")),
            CustomersSettings.read(keys.at("customers")),
            DocumentsSettings.read(keys.at("documents")),
            IngestSettings.read(keys.at("ingest")),
            VectorsSettings.read(keys.at("vectors")),
            SpacesSettings.read(keys.at("spaces")),
            HttpSettings.read(keys.at("http")),
            ClusterSettings.read(keys.at("cluster")),
            all,
            serviceLinks);
    if (!settings.cluster.seeds().isEmpty()
        && settings.data.database() instanceof DatabaseUrl.OfFile) {
      keys.at("cluster")
          .refuse(
              "seeds",
              "nodes of a cluster share a PostgreSQL, and this one keeps an SQLite file of its own:"
                  + " name the server in purser.database.url, or leave the seeds out");
    }
    keys.refuseUnread();
    List<String> reasons = new ArrayList<>(early);
    reasons.addAll(keys.reasons());
    if (!reasons.isEmpty()) {
      throw new Refused(reasons);
    }
    return settings.withCluster();
  }

  /// The addresses and the keys of the cluster's protocol are the actor system's to know.
  private PurserSettings withCluster() {
    return with(cluster.pekko());
  }

  private PurserSettings with(Map<String, Object> values) {
    Config with = effective;
    for (Map.Entry<String, Object> value : values.entrySet()) {
      with = with.withValue(value.getKey(), ConfigValueFactory.fromAnyRef(value.getValue()));
    }
    return new PurserSettings(
        data,
        database,
        cache,
        customers,
        documents,
        ingest,
        vectors,
        spaces,
        http,
        cluster,
        with,
        serviceLinks);
  }

  /// Into how many partitions this node divides each kind.
  List<Ledger.Parts> parts() {
    return List.of(
        new Ledger.Parts("customers", "purser.customers.shards", customers.shards()),
        new Ledger.Parts(
            "documents", "purser.documents.partitions.count", documents.partitions().count()),
        new Ledger.Parts("vectors", "purser.spaces.partitions.count", spaces.vectors().count()),
        new Ledger.Parts("spaces", "purser.spaces.names.count", spaces.names().count()));
  }

  /// With what a node has to prove when it joins others, or is joined.
  ///
  /// @param ledger the identity of the ledger
  PurserSettings withLedger(String ledger) {
    Map<String, Integer> counts =
        parts().stream().collect(Collectors.toMap(Ledger.Parts::kind, Ledger.Parts::count));
    return with(JoinCheck.keys(ledger, counts));
  }

  private static Config overlayEnvironment(
      Config files, Map<String, String> environment, List<String> reasons) {
    Config result = files;
    Set<String> known = new java.util.HashSet<>(NOT_KEYS);
    for (var entry : files.getConfig("purser").root().unwrapped().entrySet()) {
      result = overlay(result, "purser." + entry.getKey(), entry.getValue(), environment, known);
    }
    String level = environment.getOrDefault("PURSER_LOG_LEVEL", "INFO");
    if (!LEVELS.contains(level.toUpperCase(Locale.ROOT))) {
      reasons.add("PURSER_LOG_LEVEL: '" + level + "' is none of " + String.join(", ", LEVELS));
    }
    environment.keySet().stream()
        .filter(name -> name.startsWith("PURSER_") && !known.contains(name))
        .sorted()
        .forEach(
            name -> reasons.add(name + ": there is no such key to override" + hint(name, known)));
    return result;
  }

  /// The names that most programs have for these two are those of `purser.http`.
  private static String hint(String name, Set<String> known) {
    return switch (name) {
      case "PURSER_PORT", "PURSER_HOST" ->
          "; the nearest is PURSER_HTTP_" + name.substring("PURSER_".length());
      default -> Spelling.hint(name, known);
    };
  }

  private static Config overlay(
      Config into, String path, Object value, Map<String, String> environment, Set<String> known) {
    if (value instanceof Map<?, ?> section) {
      Config result = into;
      for (var entry : section.entrySet()) {
        result = overlay(result, path + "." + entry.getKey(), entry.getValue(), environment, known);
      }
      return result;
    }
    String name = path.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    known.add(name);
    String override = environment.get(name);
    if (override == null) {
      return into;
    }
    Object typed = value instanceof List<?> ? List.of(override.split(",", -1)) : override;
    return into.withValue(path, ConfigValueFactory.fromAnyRef(typed, "environment " + name));
  }

  private static Config overlaySystem(Config config, Properties system, List<String> reasons) {
    Config result = config;
    for (String name : new TreeSet<>(system.stringPropertyNames())) {
      boolean ours = name.startsWith("purser.") && !NOT_PROPERTIES.contains(name);
      if (ours && !config.hasPath(name)) {
        reasons.add(
            "-D" + name + ": there is no such key to override" + Spelling.hint(name, keys(config)));
      } else if (ours || name.startsWith("pekko.") || name.startsWith("kamon.")) {
        result =
            result.withValue(
                name, ConfigValueFactory.fromAnyRef(system.getProperty(name), "-D" + name));
      }
    }
    return result;
  }

  /// All keys of ours.
  private static List<String> keys(Config config) {
    return config.getConfig("purser").entrySet().stream().map(e -> "purser." + e.getKey()).toList();
  }

  /// The configuration cannot be used; `reasons` are all there are.
  public static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient List<String> reasons;

    Refused(List<String> reasons) {
      super(String.join("; ", reasons));
      this.reasons = List.copyOf(reasons);
    }

    public List<String> reasons() {
      return reasons;
    }
  }
}
