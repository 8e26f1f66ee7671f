package dev.purser.vectors;

import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Kernels one after another, parsed from `scale:2.0,add:0.5,clamp:-1:1,normalize` and fused into
/// one pass over memory. Immutable.
///
/// ## Fusion
///
/// Elementwise kernels that follow each other are one [Run]: each value goes through all of them in
/// a register. `normalize` ends a run, because it needs the norm of what the run gives; its own
/// multiplication opens the next. A vector (16 KiB at most) stays in the first-level cache between
/// two runs, so that memory is still read once and written once.
public final class Chain {
  /// The most values of a vector.
  public static final int MOST_DIMENSIONS = 4_096;

  /// Values worked on between two looks at memory: half of a first-level cache of 32 KiB.
  private static final int TILE = 4_096;

  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9]{1,40}(\\.[0-9]{0,60})?|\\.[0-9]{1,60})([eE][+-]?[0-9]{1,4})?");

  private final String text;
  private final List<Segment> segments;
  private final int dimension;

  /// A run, which takes the norm of each vector first if it `normalizes`.
  private record Segment(boolean normalizes, Run run) {
    boolean isOnePass() {
      return !normalizes && run.stages() == 1;
    }
  }

  private Chain(String text, List<Segment> segments, int dimension) {
    this.text = text;
    this.segments = List.copyOf(segments);
    this.dimension = dimension;
  }

  /// The chain that `text` names.
  ///
  /// @param dimension values of a vector, needed by `normalize` and refused without it
  /// @param limit the most kernels
  /// @throws Fault of a validation error that says what is wrong with `kernel` or `dimension`
  public static Chain parse(String text, @Nullable Integer dimension, int limit) {
    String[] kernels = text.split(",", limit + 1);
    if (kernels.length > limit) {
      VectorsMetrics.INSTANCE.kernelsHit.increment();
      throw wrong("kernel", "names more than " + limit + " kernels");
    }
    Draft draft = new Draft();
    for (String kernel : kernels) {
      draft.add(kernel);
    }
    checkDimension(draft.normalizes, dimension);
    return new Chain(text, draft.segments(), dimension == null ? 1 : dimension);
  }

  private static void checkDimension(boolean normalizes, @Nullable Integer dimension) {
    if (normalizes && dimension == null) {
      throw wrong("dimension", "is required with normalize");
    }
    if (!normalizes && dimension != null) {
      throw wrong("dimension", "is of use only with normalize");
    }
    if (dimension != null && (dimension < 1 || dimension > MOST_DIMENSIONS)) {
      throw wrong("dimension", "must be an integer from 1 to " + MOST_DIMENSIONS);
    }
  }

  /// How many values belong together: a vector's with `normalize`, else one.
  public int unit() {
    return dimension;
  }

  /// Whether it needs the norms of vectors.
  boolean normalizes() {
    return segments.stream().anyMatch(Segment::normalizes);
  }

  /// As it was parsed.
  @Override
  public String toString() {
    return text;
  }

  /// Applies the chain to `length` values, whole units of them; `from` and `to` are the same run or
  /// do not overlap.
  void apply(Kernels kernels, float[] from, int fromOffset, float[] to, int toOffset, int length) {
    int phase = Alignment.phase(to);
    if (segments.size() == 1 && segments.getFirst().isOnePass()) {
      kernels.run(segments.getFirst().run, from, fromOffset, to, toOffset, length, phase);
      return;
    }
    int tile = Math.max(1, TILE / dimension) * dimension;
    for (int i = 0; i < length; i += tile) {
      int n = Math.min(tile, length - i);
      apply(segments.getFirst(), kernels, from, fromOffset + i, to, toOffset + i, n, phase);
      for (int s = 1; s < segments.size(); s++) {
        apply(segments.get(s), kernels, to, toOffset + i, to, toOffset + i, n, phase);
      }
    }
  }

  /// The same in place over bytes that hold values in little-endian order, for a chain that does
  /// not normalize.
  void apply(Kernels kernels, byte[] values) {
    int tile = TILE * Float.BYTES;
    for (int i = 0; i < values.length; i += tile) {
      for (Segment segment : segments) {
        kernels.run(segment.run, values, i, Math.min(tile, values.length - i));
      }
    }
  }

  private void apply(
      Segment segment,
      Kernels kernels,
      float[] from,
      int fromOffset,
      float[] to,
      int toOffset,
      int length,
      int phase) {
    if (!segment.normalizes) {
      kernels.run(segment.run, from, fromOffset, to, toOffset, length, phase);
      return;
    }
    for (int i = 0; i < length; i += dimension) {
      kernels.normalize(segment.run, from, fromOffset + i, to, toOffset + i, dimension, phase);
    }
  }

  private static Fault wrong(String field, String message) {
    return new Fault(ServiceError.Validation.of(field, message));
  }

  /// A chain that is being parsed.
  private static final class Draft {
    private final List<Segment> segments = new ArrayList<>();
    private Run.Draft run = new Run.Draft();
    private boolean begunByNorm;
    private boolean normalizes;

    void add(String kernel) {
      String[] parts = kernel.split(":", -1);
      switch (parts[0]) {
        case "scale" -> {
          expect(parts, "scale:FACTOR");
          add(Run.Shape.SCALE, number(parts[1]), 0);
        }
        case "add" -> {
          expect(parts, "add:ADDEND");
          add(Run.Shape.ADD, number(parts[1]), 0);
        }
        case "clamp" -> {
          expect(parts, "clamp:MIN:MAX");
          float min = number(parts[1]);
          float max = number(parts[2]);
          if (min > max) {
            throw wrong("kernel", "clamps to a minimum above its maximum");
          }
          add(Run.Shape.CLAMP, min, max);
        }
        case "normalize" -> {
          expect(parts, "normalize");
          close();
          begunByNorm = true;
          normalizes = true;
          add(Run.Shape.SCALE, 1, 0);
        }
        default ->
            throw wrong("kernel", "names something else than scale, add, clamp and normalize");
      }
    }

    private void add(Run.Shape kernel, float one, float two) {
      if (!run.add(kernel, one, two)) {
        close();
        run.add(kernel, one, two);
      }
    }

    private void close() {
      if (!run.isEmpty()) {
        segments.add(new Segment(begunByNorm, run.run()));
      }
      run = new Run.Draft();
      begunByNorm = false;
    }

    List<Segment> segments() {
      close();
      return segments;
    }

    private static void expect(String[] parts, String form) {
      if (parts.length != form.split(":", -1).length) {
        throw wrong("kernel", "must have the form " + form + " for " + parts[0]);
      }
    }

    /// A decimal number that 32 bits can hold; neither NaN nor infinite.
    private static float number(String text) {
      float value = NUMBER.matcher(text).matches() ? Float.parseFloat(text) : Float.NaN;
      if (!Float.isFinite(value)) {
        throw wrong("kernel", "has a parameter that is no finite number of 32 bits");
      }
      return value;
    }
  }
}
