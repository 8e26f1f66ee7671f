package dev.purser.ingest;

import java.util.LinkedHashMap;
import java.util.Map;

/// Numbers the lines of each invoice from 1, over all of them whatever became of them, and gives
/// each line its id `INVOICE-n`. Remembers the invoices used last, up to a limit; one that returns
/// later is numbered from 1 again. Confined to the stage that owns it.
final class Ordinals {
  private final Map<String, int[]> counts;

  Ordinals(int remembered) {
    counts =
        new LinkedHashMap<>(1024, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, int[]> eldest) {
            return size() > remembered;
          }
        };
  }

  Line number(Line line) {
    String group = line.group();
    if (group == null) {
      return line;
    }
    int ordinal = ++counts.computeIfAbsent(group, _ -> new int[1])[0];
    return line.identified(group + "-" + ordinal);
  }
}
