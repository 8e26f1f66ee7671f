/* The kernels in C, for KernelRatios: what gcc -O3 -march=native makes of the plain loops. */

/* Keeps the compiler from merging one repetition with the next. */
#define AGAIN(p) __asm__ volatile("" : : "r"(p) : "memory")

void scale_in_place(float *p, long n, float factor, long times) {
  for (long t = 0; t < times; t++) {
    for (long i = 0; i < n; i++) p[i] *= factor;
    AGAIN(p);
  }
}

void clamp_in_place(float *p, long n, float min, float max, long times) {
  for (long t = 0; t < times; t++) {
    for (long i = 0; i < n; i++) p[i] = p[i] < min ? min : p[i] > max ? max : p[i];
    AGAIN(p);
  }
}

/* Sums may be taken in any order, as the vector API's are: the file is compiled with -ffast-math
   for this function alone. */
__attribute__((optimize("O3", "fast-math")))
float dot(const float *a, const float *b, long n, long times) {
  float sum = 0;
  for (long t = 0; t < times; t++) {
    float s = 0;
    for (long i = 0; i < n; i++) s += a[i] * b[i];
    sum += s;
    AGAIN(a);
  }
  return sum;
}
