package dev.purser;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.purser.database.Letter;
import dev.purser.database.Query;
import dev.purser.database.RunRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// The arrows of the house: which package may know which, where each technology lives, and the few
/// rules of style that a machine can judge.
final class ArchitectureTest {
  private static final String ROOT = "dev.purser";
  private static final Path SOURCES = Path.of("src/main/java");
  private static final int MOST_LINES = 600;
  private static final Pattern UNFINISHED =
      Pattern.compile("TODO|FIXME|XXX|UnsupportedOperationException");

  private static final JavaClasses HOUSE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  /// Package, and every package of ours that it may know beside itself. The root is in nobody's
  /// list.
  private static final Map<String, Set<String>> ARROWS =
      Map.ofEntries(
          Map.entry("faults", Set.of()),
          Map.entry("strings", Set.of("faults", "metrics")),
          Map.entry("metrics", Set.of()),
          Map.entry("config", Set.of()),
          Map.entry(
              "vectors",
              Set.of("cluster", "config", "database", "faults", "ledger", "metrics", "partitions")),
          Map.entry("tls", Set.of()),
          Map.entry("cluster", Set.of("config", "faults", "metrics", "tls")),
          Map.entry("ledger", Set.of("faults")),
          Map.entry("slots", Set.of("config", "faults", "ledger", "metrics")),
          Map.entry("cache", Set.of("config", "faults", "ledger", "metrics")),
          Map.entry("database", Set.of("config", "faults", "ledger", "metrics", "slots")),
          Map.entry(
              "customers",
              Set.of("cache", "cluster", "config", "database", "faults", "ledger", "metrics")),
          Map.entry(
              "partitions", Set.of("cluster", "config", "database", "faults", "ledger", "metrics")),
          Map.entry(
              "documents",
              Set.of(
                  "cluster",
                  "config",
                  "database",
                  "faults",
                  "ledger",
                  "metrics",
                  "partitions",
                  "strings")),
          Map.entry(
              "ingest",
              Set.of(
                  "config",
                  "customers",
                  "database",
                  "documents",
                  "faults",
                  "ledger",
                  "metrics",
                  "partitions",
                  "vectors")),
          Map.entry(
              "http",
              Set.of(
                  "config",
                  "customers",
                  "database",
                  "documents",
                  "faults",
                  "ingest",
                  "ledger",
                  "metrics",
                  "partitions",
                  "tls",
                  "vectors")));

  /// Packages of others, and the packages of ours that may use them; the root is named `""`.
  private static final List<Technology> TECHNOLOGIES =
      List.of(
          new Technology(List.of("java.sql..", "javax.sql.."), Set.of("database")),
          new Technology(List.of("org.sqlite..", "org.flywaydb.."), Set.of("database")),
          new Technology(List.of("kamon.."), Set.of("metrics")),
          new Technology(List.of("org.apache.pekko.http.."), Set.of("http")),
          new Technology(
              List.of("org.apache.pekko.cluster.sharding.."),
              Set.of("customers", "cluster", "partitions")),
          new Technology(List.of("org.roaringbitmap.."), Set.of("documents")),
          new Technology(List.of("com.github.benmanes.caffeine.."), Set.of("cache")),
          new Technology(List.of("io.lettuce..", "io.netty..", "reactor.."), Set.of("cache")),
          // Kamon, the settings of sharding, the check of who joins and the provider that Pekko
          // makes
          // are handed a Config; all others read through Keys.
          new Technology(
              List.of("com.typesafe.config.."),
              Set.of("config", "metrics", "customers", "cluster", "")),
          new Technology(List.of("jdk.incubator.vector.."), Set.of("vectors")),
          new Technology(List.of("picocli.."), Set.of("")),
          new Technology(List.of("ch.qos.logback.."), Set.of("")));

  private static final List<String> PACKAGES = ARROWS.keySet().stream().sorted().toList();

  record Technology(List<String> packages, Set<String> homes) {}

  @Test
  void packages_allOfThem_haveTheirArrows() {
    Set<String> unlisted =
        HOUSE.stream()
            .map(ArchitectureTest::home)
            .filter(p -> !p.isEmpty() && !ARROWS.containsKey(p))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(unlisted).as("packages without a place in the house").isEmpty();
  }

  @ParameterizedTest
  @FieldSource("PACKAGES")
  void package_ofOurs_knowsOnlyWhatItMay(String name) {
    Set<String> allowed = ARROWS.getOrDefault(name, Set.of());
    noClasses()
        .that(are("in " + name, c -> home(c).equals(name)))
        .should()
        .dependOnClassesThat(
            are(
                "of ours and neither in " + name + " nor in " + new TreeSet<>(allowed),
                c -> ours(c) && !home(c).equals(name) && !allowed.contains(home(c))))
        .allowEmptyShould(true)
        .check(HOUSE);
  }

  /// The edge and the bulk lane ask customers; of the database they know rows and questions only.
  @Test
  void http_ofTheDatabase_knowsOnlyRows() {
    noClasses()
        .that()
        .resideInAPackage("dev.purser.http..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("dev.purser.database..")
                .and(not(belongToAnyOf(Query.class, Letter.class, RunRow.class))))
        .check(HOUSE);
  }

  @ParameterizedTest
  @FieldSource("TECHNOLOGIES")
  void technology_each_livesInItsHome(Technology technology) {
    noClasses()
        .that(are("not in " + technology.homes(), c -> !technology.homes().contains(home(c))))
        .should()
        .dependOnClassesThat(resideInAnyPackage(technology.packages().toArray(String[]::new)))
        .check(HOUSE);
  }

  @Test
  void classes_inNoCase_nameTheMechanism() {
    classes()
        .should()
        .haveSimpleNameNotEndingWith("Manager")
        .andShould()
        .haveSimpleNameNotEndingWith("Handler")
        .andShould()
        .haveSimpleNameNotEndingWith("Impl")
        .andShould()
        .haveSimpleNameNotEndingWith("Util")
        .andShould()
        .haveSimpleNameNotEndingWith("Utils")
        .check(HOUSE);
  }

  @Test
  void classes_ofActors_haveNoThreadLocals() {
    noClasses()
        .should()
        .dependOnClassesThat(belongToAnyOf(ThreadLocal.class, ScopedValue.class))
        .check(HOUSE);
  }

  @Test
  void packages_allOfThem_areNullMarked() throws IOException {
    List<Path> unmarked =
        sources()
            .filter(f -> !f.endsWith("package-info.java"))
            .map(Path::getParent)
            .distinct()
            .filter(p -> !read(p.resolve("package-info.java")).contains("@NullMarked"))
            .toList();
    assertThat(unmarked).as("packages without a null-marked package-info").isEmpty();
  }

  @Test
  void sources_allOfThem_areShort() throws IOException {
    List<String> tooLong =
        sources()
            .filter(f -> read(f).lines().count() > MOST_LINES)
            .map(f -> f + ": " + read(f).lines().count() + " lines")
            .toList();
    assertThat(tooLong).as("sources over %d lines", MOST_LINES).isEmpty();
  }

  @Test
  void sources_allOfThem_areFinished() throws IOException {
    List<Path> unfinished = sources().filter(f -> UNFINISHED.matcher(read(f)).find()).toList();
    assertThat(unfinished).as("sources that say they are not finished").isEmpty();
    assertThat(sources()).as("found no sources").isNotEmpty();
  }

  private static boolean ours(JavaClass c) {
    return c.getPackageName().equals(ROOT) || c.getPackageName().startsWith(ROOT + ".");
  }

  /// The first name below the root's package; empty for the root itself.
  private static String home(JavaClass c) {
    String below =
        c.getPackageName().substring(Math.min(ROOT.length(), c.getPackageName().length()));
    return Arrays.stream(below.split("\\.")).filter(s -> !s.isEmpty()).findFirst().orElse("");
  }

  private static DescribedPredicate<JavaClass> are(String what, Predicate<JavaClass> test) {
    return DescribedPredicate.describe(what, test);
  }

  private static Stream<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      List<Path> sources = files.filter(f -> f.toString().endsWith(".java")).sorted().toList();
      return sources.stream();
    }
  }

  private static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
