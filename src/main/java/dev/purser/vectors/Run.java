package dev.purser.vectors;

import java.util.Arrays;

/// Elementwise kernels one after another, in a form that one loop without branches can apply: at
/// most [#MOST_STAGES] stages, each of which multiplies, adds and clamps. What a stage does not do
/// has a parameter that changes no bit of any number (1.0, -0.0, the infinities). Immutable.
final class Run {
  /// A kernel beyond them opens another run, which costs no more than a stage.
  static final int MOST_STAGES = 3;

  private static final int FACTOR = 0;
  private static final int ADDEND = 1;
  private static final int MIN = 2;
  private static final int MAX = 3;
  private static final int WIDTH = 4;

  /// A run of one kernel has a loop of its own.
  enum Shape {
    SCALE,
    ADD,
    CLAMP,
    STAGES
  }

  private final Shape shape;
  private final float[] parameters;

  private Run(Shape shape, float[] parameters) {
    this.shape = shape;
    this.parameters = parameters;
  }

  Shape shape() {
    return shape;
  }

  int stages() {
    return parameters.length / WIDTH;
  }

  float factor(int stage) {
    return parameters[stage * WIDTH + FACTOR];
  }

  float addend(int stage) {
    return parameters[stage * WIDTH + ADDEND];
  }

  float min(int stage) {
    return parameters[stage * WIDTH + MIN];
  }

  float max(int stage) {
    return parameters[stage * WIDTH + MAX];
  }

  /// A run in the making. A kernel goes into the last stage if that one has not come as far yet,
  /// else into a stage of its own. Confined to its parser.
  static final class Draft {
    private final float[] parameters = new float[MOST_STAGES * WIDTH];
    private int stages;
    private int kernels;
    private Shape last = Shape.STAGES;

    /// Adds a kernel; false if it needs a stage more than there may be.
    ///
    /// @param one factor, addend or minimum
    /// @param two maximum, of a kernel that clamps
    boolean add(Shape kernel, float one, float two) {
      boolean fits = stages > 0 && last.compareTo(kernel) < 0;
      if (!fits && stages == MOST_STAGES) {
        return false;
      }
      if (!fits) {
        open();
      }
      int stage = (stages - 1) * WIDTH;
      switch (kernel) {
        case SCALE -> parameters[stage + FACTOR] = one;
        case ADD -> parameters[stage + ADDEND] = one;
        case CLAMP -> {
          parameters[stage + MIN] = one;
          parameters[stage + MAX] = two;
        }
        case STAGES -> throw new IllegalArgumentException("not one kernel");
      }
      last = kernel;
      kernels++;
      return true;
    }

    private void open() {
      int stage = stages++ * WIDTH;
      parameters[stage + FACTOR] = 1;
      parameters[stage + ADDEND] = -0f;
      parameters[stage + MIN] = Float.NEGATIVE_INFINITY;
      parameters[stage + MAX] = Float.POSITIVE_INFINITY;
    }

    boolean isEmpty() {
      return kernels == 0;
    }

    Run run() {
      Shape shape = kernels == 1 ? last : Shape.STAGES;
      return new Run(shape, Arrays.copyOf(parameters, stages * WIDTH));
    }
  }
}
