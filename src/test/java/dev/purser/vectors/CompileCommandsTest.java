package dev.purser.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// `conf/jvm.options` tells the JIT what to do with methods by their names, and the JVM says
/// nothing of a name that there is not.
final class CompileCommandsTest {
  private static final Pattern COMMAND =
      Pattern.compile("-XX:CompileCommand=(?:dont)?inline,([\\w.*]+)::([\\w*]+)");

  @Test
  void jvmOptions_methodsOfCompileCommands_exist() throws IOException {
    List<String> commands =
        Files.readAllLines(Path.of("conf/jvm.options")).stream()
            .filter(line -> line.startsWith("-XX:CompileCommand=") && !line.endsWith("=quiet"))
            .toList();
    assertThat(commands).isNotEmpty().allSatisfy(CompileCommandsTest::assertNamesMethod);
  }

  private static void assertNamesMethod(String command) {
    var match = COMMAND.matcher(command);
    assertThat(match.matches()).isTrue();
    assertThat(methods(match.group(1)))
        .anyMatch(method -> method.getName().matches(expression(match.group(2))));
  }

  /// All methods of classes whose name matches.
  private static List<Method> methods(String pattern) {
    String folder = "target/classes/dev/purser/vectors";
    return Arrays.stream(new File(folder).list())
        .filter(file -> file.endsWith(".class"))
        .map(file -> "dev.purser.vectors." + file.substring(0, file.length() - 6))
        .filter(name -> name.matches(expression(pattern)))
        .flatMap(name -> Arrays.stream(named(name).getDeclaredMethods()))
        .toList();
  }

  private static Class<?> named(String name) {
    try {
      return Class.forName(name, false, CompileCommandsTest.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  private static String expression(String pattern) {
    return pattern.replace(".", "\\.").replace("$", "\\$").replace("*", ".*");
  }
}
