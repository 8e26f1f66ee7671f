/* The kernels in C, for KernelRatios: what gcc -O3 -march=native makes of plain loops. Short runs go through a window
   of 2,048 values, as the Java side's do. */

enum { WINDOW = 2048 };

static long place(long t, long n) { return n >= WINDOW ? 0 : t % (WINDOW / n) * n; }

/* Keeps the compiler from merging one repetition with the next. */
#define AGAIN(p) __asm__ volatile("" : : "r"(p) : "memory")

void scale_in_place(float *values, long n, float factor, long times) {
  for (long t = 0; t < times; t++) {
    float *p = values + place(t, n);
    for (long i = 0; i < n; i++) p[i] *= factor;
    AGAIN(p);
  }
}

void clamp_in_place(float *values, long n, float min, float max, long times) {
  for (long t = 0; t < times; t++) {
    float *p = values + place(t, n);
    for (long i = 0; i < n; i++) p[i] = p[i] < min ? min : p[i] > max ? max : p[i];
    AGAIN(p);
  }
}

/* In any order of its parts, as the vector API's sums are. */
__attribute__((optimize("O3", "fast-math")))
float dot(const float *a, const float *b, long n, long times) {
  float sum = 0;
  for (long t = 0; t < times; t++) {
    const float *x = a + place(t, n), *y = b + place(t, n);
    float s = 0;
    for (long i = 0; i < n; i++) s += x[i] * y[i];
    sum += s;
    AGAIN(a);
  }
  return sum;
}
