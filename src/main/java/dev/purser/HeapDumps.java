package dev.purser;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import dev.purser.database.DataFolder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where the JVM leaves its heap when it runs out of memory: a heap holds customers' data, so it
/// goes to the data folder and not to where the service happened to be started.
final class HeapDumps {
  private static final Logger LOG = LoggerFactory.getLogger(HeapDumps.class);
  private static final String PATH = "HeapDumpPath";

  private HeapDumps() {}

  /// Leads heap dumps to `folder`, unless a flag of the JVM says where they go.
  static void leadTo(Path folder) {
    var jvm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    if (jvm == null || jvm.getVMOption(PATH).getOrigin() != VMOption.Origin.DEFAULT) {
      return;
    }
    try {
      DataFolder.create(folder);
      jvm.setVMOption(PATH, folder.toString());
    } catch (IOException | RuntimeException e) {
      LOG.warn("Heap dumps do not go to {}: {}", folder, e.toString());
    }
  }
}
