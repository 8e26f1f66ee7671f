package dev.purser;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The build's formatter check: every source reads as google-java-format 1.37 would write it.
///
/// `mvn -q test -Dtest=FormatTest -Dformat.write=true` rewrites the sources instead of complaining.
final class FormatTest {
  private static final boolean WRITE = Boolean.getBoolean("format.write");

  @Test
  void sources_always_formatted() throws IOException, FormatterException {
    List<Path> unformatted = new ArrayList<>();
    Formatter formatter = new Formatter();
    for (Path source : sources()) {
      String text = Files.readString(source);
      String formatted = formatter.formatSourceAndFixImports(text);
      if (!formatted.equals(text)) {
        if (WRITE) {
          Files.writeString(source, formatted);
        } else {
          unformatted.add(source);
        }
      }
    }
    assertThat(unformatted).as("rewrite them with -Dformat.write=true").isEmpty();
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      return files.filter(f -> f.toString().endsWith(".java")).sorted().toList();
    }
  }
}
