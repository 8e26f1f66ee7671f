package dev.purser.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The packaged distribution as a process of its own, started as an operator would start it.
///
/// Standard output and error are kept in files of the work folder. Only processes started here are
/// ever ended here.
public final class PurserProcess implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofSeconds(60);

  private final Process process;
  private final Path out;
  private final Path err;
  private @Nullable URI address;
  private double readySeconds;

  private PurserProcess(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /// The distribution's folder: set by the build, or where the build puts it.
  public static Path distribution() {
    return Path.of(System.getProperty("purser.dist", "target/purser")).toAbsolutePath();
  }

  /// Starts a server on a free port with its data in `data`, and waits until it is ready.
  public static PurserProcess serve(Path data, Map<String, String> environment)
      throws IOException, InterruptedException {
    PurserProcess p = start(data, environment);
    p.awaitReady();
    return p;
  }

  /// Starts a server and does not wait for it.
  public static PurserProcess start(Path data, Map<String, String> environment) throws IOException {
    return start(data, environment, List.of("serve"));
  }

  /// Runs any subcommand.
  public static PurserProcess start(
      Path data, Map<String, String> environment, List<String> arguments) throws IOException {
    Path work = Files.createTempDirectory("purser-process");
    List<String> command = new ArrayList<>();
    command.add(distribution().resolve("bin/purser").toString());
    command.addAll(arguments);
    Path out = work.resolve("out");
    Path err = work.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(work.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("PURSER_DATA_DIR", data.toString());
    builder.environment().put("PURSER_HTTP_PORT", "0");
    builder.environment().putAll(environment);
    return new PurserProcess(builder.start(), out, err);
  }

  /// Waits for the line that the process prints when it is ready.
  public void awaitReady() throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < READY_WITHIN.toNanos()) {
      for (String line : Files.readAllLines(out)) {
        int at = line.indexOf("http://");
        if (at >= 0) {
          readySeconds = (System.nanoTime() - start) / 1e9;
          address = URI.create(line.substring(at).strip());
          return;
        }
      }
      if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(
            "ended with " + process.exitValue() + " before it was ready:\n" + errors());
      }
    }
    throw new IllegalStateException("not ready within " + READY_WITHIN + ":\n" + errors());
  }

  /// Where it listens.
  public URI address() {
    if (address == null) {
      throw new IllegalStateException("not ready yet");
    }
    return address;
  }

  public URI uri(String path) {
    return address().resolve(path);
  }

  public double readySeconds() {
    return readySeconds;
  }

  public long pid() {
    return process.pid();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /// kill -9.
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /// SIGTERM; answers the exit code.
  public int terminate() throws IOException, InterruptedException {
    process.destroy();
    return exitCode();
  }

  /// Waits for the end.
  public int exitCode() throws IOException, InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("still running after 60 s:\n" + errors());
    }
    return process.exitValue();
  }

  public String output() throws IOException {
    return Files.readString(out);
  }

  public String errors() throws IOException {
    return Files.readString(err);
  }

  /// The most memory it ever had resident, in MiB.
  public long peakMebibytes() throws IOException {
    try (BufferedReader status =
        Files.newBufferedReader(Path.of("/proc", Long.toString(pid()), "status"))) {
      return status
              .lines()
              .filter(l -> l.startsWith("VmHWM:"))
              .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
              .findFirst()
              .orElse(0)
          / 1024;
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      kill();
    }
  }
}
