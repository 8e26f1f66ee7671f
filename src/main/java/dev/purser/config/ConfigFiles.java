package dev.purser.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import java.io.File;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/// Parses `purser.conf` with what it includes. The library passes over an include that cannot be
/// read, so that a node would run without its operator's settings, its tokens among them: here each
/// file is required but for `local.conf`, which need not exist. Immutable.
public final class ConfigFiles {
  private static final String LOCAL = "local.conf";
  private static final List<String> ENDINGS = List.of("", ".conf", ".json", ".properties");

  private ConfigFiles() {}

  /// The files in the folder `conf`, unresolved.
  ///
  /// @throws ConfigException naming the file that cannot be used
  public static Config parse(Path conf) {
    return file(conf.resolve("purser.conf"), conf.resolve(LOCAL));
  }

  private static Config file(Path file, Path optional) {
    Path folder = file.toAbsolutePath().getParent();
    try {
      return ConfigFactory.parseFile(
          file.toFile(),
          required().setIncluder(new Includer(folder == null ? file : folder, optional)));
    } catch (ConfigException.IO e) {
      if (e.getCause() == null) {
        throw e;
      }
      throw new ConfigException.Generic(
          file + " cannot be read (" + e.getCause().getMessage() + ")", e);
    }
  }

  private static ConfigParseOptions required() {
    return ConfigParseOptions.defaults().setAllowMissing(false);
  }

  /// @param folder that the names of the including file are relative to
  /// @param optional the file that need not exist
  private record Includer(Path folder, Path optional)
      implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {
    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
      return this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
      for (String ending : ENDINGS) {
        Path file = folder.resolve(what + ending);
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
          return file(file, optional).root();
        }
      }
      return missing(folder.resolve(what));
    }

    @Override
    public ConfigObject includeFile(ConfigIncludeContext context, File what) {
      Path file = what.toPath();
      return Files.exists(file, LinkOption.NOFOLLOW_LINKS)
          ? file(file, optional).root()
          : missing(file);
    }

    @Override
    public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
      return ConfigFactory.parseURL(what, required()).root();
    }

    @Override
    public ConfigObject includeResources(ConfigIncludeContext context, String what) {
      return ConfigFactory.parseResources(what, required()).root();
    }

    private ConfigObject missing(Path file) {
      if (file.toAbsolutePath().equals(optional.toAbsolutePath())) {
        return ConfigFactory.empty().root();
      }
      throw new ConfigException.Generic(
          file + " does not exist, and a configuration file of " + folder + " includes it",
          new NoSuchFileException(file.toString()));
    }
  }
}
