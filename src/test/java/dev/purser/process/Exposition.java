package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A scrape, read by the rules of the Prometheus text format 0.0.4 and of OpenMetrics 1.0.0:
/// anything that a strict parser refuses fails the test. Immutable.
///
/// @param families by name, in the order of the text; a counter's name is that of its series
record Exposition(Map<String, Family> families) {
  private static final Pattern META = Pattern.compile("# (HELP|TYPE) ([a-z_:][a-z0-9_:]*) (.+)");
  private static final Pattern SAMPLE =
      Pattern.compile("([a-z_:][a-z0-9_:]*)(?:\\{(.*)})? (-?[0-9.]+(?:E-?[0-9]+)?|\\+Inf|NaN)");
  private static final Pattern LABEL =
      Pattern.compile("([a-z_][a-z0-9_]*)=\"((?:[^\"\\\\]|\\\\[\\\\\"n])*)\"(?:,|$)");

  /// @param labels in the order of their names
  record Series(String name, Map<String, String> labels) {}

  record Family(String type, Map<Series, Double> samples) {}

  static Exposition ofText(String text) {
    assertThat(text).endsWith("\n").doesNotContain("# EOF");
    return parse(text, "");
  }

  static Exposition ofOpenMetrics(String text) {
    assertThat(text).endsWith("\n# EOF\n");
    return parse(text.substring(0, text.length() - "# EOF\n".length()), "_total");
  }

  /// @param suffix what the series of a counter have behind the name in its metadata
  private static Exposition parse(String text, String suffix) {
    Map<String, Family> families = new LinkedHashMap<>();
    Set<String> helped = new HashSet<>();
    String type = "";
    String name = "";
    for (String line : text.split("\n")) {
      Matcher meta = META.matcher(line);
      if (!meta.matches()) {
        assertThat(line).doesNotStartWith("#");
        Family family = families.get(name);
        assertThat(family).as(line).isNotNull();
        sample(line, name, family);
      } else if (meta.group(1).equals("HELP")) {
        assertThat(helped.add(meta.group(2))).as("one HELP: %s", line).isTrue();
      } else {
        assertThat(helped).as("HELP before TYPE").contains(meta.group(2));
        type = meta.group(3);
        name = meta.group(2) + (type.equals("counter") ? suffix : "");
        assertThat(type).as(line).isIn("counter", "gauge", "histogram");
        assertThat(name.endsWith("_total")).as(line).isEqualTo(type.equals("counter"));
        Family before = families.put(name, new Family(type, new LinkedHashMap<>()));
        assertThat(before).as("the samples of %s stand together", name).isNull();
      }
    }
    families.forEach(Exposition::judge);
    return new Exposition(families);
  }

  private static void sample(String line, String family, Family of) {
    Matcher sample = SAMPLE.matcher(line);
    assertThat(sample.matches()).as(line).isTrue();
    String name = sample.group(1);
    String part = name.startsWith(family) ? name.substring(family.length()) : "another";
    assertThat(part)
        .as(line)
        .isIn(
            (Object[])
                (of.type.equals("histogram")
                    ? new String[] {"_bucket", "_sum", "_count"}
                    : new String[] {""}));
    String value = sample.group(3).replace("+Inf", "Infinity");
    Double before =
        of.samples.put(new Series(name, labels(sample.group(2))), Double.parseDouble(value));
    assertThat(before).as("once only: %s", line).isNull();
  }

  private static Map<String, String> labels(@Nullable String text) {
    Map<String, String> labels = new TreeMap<>();
    if (text != null) {
      Matcher label = LABEL.matcher(text);
      int at = 0;
      while (label.find() && label.start() == at) {
        assertThat(labels.put(label.group(1), label.group(2))).as(text).isNull();
        at = label.end();
      }
      assertThat(at).as(text).isEqualTo(text.length());
    }
    return labels;
  }

  private static void judge(String name, Family family) {
    if (!family.type.equals("histogram")) { // one that has recorded nothing has no series yet
      assertThat(family.samples).as(name).isNotEmpty();
    }
    if (!family.type.equals("gauge")) {
      assertThat(family.samples.values()).as(name).allMatch(v -> v >= 0);
    }
    if (family.type.equals("histogram")) {
      family.samples.keySet().stream()
          .filter(s -> s.name.endsWith("_count"))
          .forEach(s -> judgeHistogram(name, family, s));
    }
  }

  /// Buckets are cumulative, and the last one counts everything.
  private static void judgeHistogram(String name, Family family, Series count) {
    Map<Double, Double> buckets = new TreeMap<>();
    family.samples.forEach(
        (s, value) -> {
          Map<String, String> labels = new TreeMap<>(s.labels);
          String le = labels.remove("le");
          if (le != null && labels.equals(count.labels)) {
            buckets.put(Double.parseDouble(le.replace("+Inf", "Infinity")), value);
          }
        });
    List<Double> values = new ArrayList<>(buckets.values());
    assertThat(values).as(name).isSorted();
    assertThat(buckets).as(name).containsKey(Double.POSITIVE_INFINITY);
    assertThat(values.getLast()).as(name).isEqualTo(family.samples.get(count));
    assertThat(family.samples).containsKey(new Series(name + "_sum", count.labels));
  }

  String type(String family) {
    return get(family).type;
  }

  /// The series of `family` that have `labels` (name, value, name, value), added up.
  double sum(String family, String... labels) {
    return get(family).samples.entrySet().stream()
        .filter(e -> has(e.getKey().labels, labels))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }

  private Family get(String family) {
    Family found = families.get(family);
    if (found == null) {
      throw new AssertionError("There is no " + family + " among " + families.keySet());
    }
    return found;
  }

  private static boolean has(Map<String, String> all, String... labels) {
    for (int i = 0; i < labels.length; i += 2) {
      if (!labels[i + 1].equals(all.get(labels[i]))) {
        return false;
      }
    }
    return true;
  }

  /// Everything but gauges, which only grows.
  Map<Series, Double> growing() {
    Map<Series, Double> all = new LinkedHashMap<>();
    families.values().stream()
        .filter(f -> !f.type.equals("gauge"))
        .forEach(f -> all.putAll(f.samples));
    return all;
  }
}
