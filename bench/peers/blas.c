/* OpenBLAS as a peer: sgemm of two n x n matrices. The library is looked for when the program runs, so no headers are needed. */
#include "lines.h"
#include <dlfcn.h>

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, MAX_SAMPLES = 100000 };

typedef void sgemm_fn(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);

static sgemm_fn *sgemm;
static int n;
static float *a, *b, *c;

static double sample(int steps) { /* milliseconds a step */
  double start = seconds();
  for (int i = 0; i < steps; i++) sgemm(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, n, n, n, 1, a, n, b, n, 0, c, n);
  return (seconds() - start) * 1000 / steps;
}

static float *matrix(unsigned state) {
  float *m = malloc(sizeof(float) * n * n);
  for (int i = 0; i < n * n; i++) m[i] = (state = state * 1664525u + 1013904223u) / 2147483648.0f - 1;
  return m;
}

int main(int count, char **words) {
  n = atoi(words[1]);
  int threads = atoi(words[2]);
  const char *names[] = {"libopenblas.so.0", "libopenblas.so", "libopenblas.0.dylib", "libopenblas.dylib"};
  void *library = 0;
  for (int i = 0; i < 4 && !library; i++) library = dlopen(names[i], RTLD_NOW);
  if (!library) {
    puts("{\"unavailable\": \"libopenblas is not installed\"}");
    return 0;
  }
  sgemm = (sgemm_fn *)dlsym(library, "cblas_sgemm");
  void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
  char *(*config)(void) = (char *(*)(void))dlsym(library, "openblas_get_config");
  if (!sgemm || !set_threads || !config) {
    puts("{\"unavailable\": \"libopenblas has no cblas_sgemm or no openblas_set_num_threads\"}");
    return 0;
  }
  set_threads(threads);
  a = matrix(1), b = matrix(2), c = matrix(3);

  double first = sample(1), ms = first;
  for (double start = seconds(); seconds() - start < 0.5;) ms = sample(1);
  int steps = ms > 20 ? 1 : (int)(20 / ms) + 1;
  printf("{\"ready\": true, \"name\": \"%s\", \"device\": \"cpu\", \"first\": %f, \"ms\": %f}\n", config(), first, ms);

  static double samples[MAX_SAMPLES];
  for (double length; (length = next_block()) >= 0;) {
    int taken = 0;
    for (double start = seconds(); taken < 3 || (seconds() - start < length && taken < MAX_SAMPLES);) samples[taken++] = sample(steps);
    printf("{\"ms\": %f, \"samples\": %d}\n", median(samples, taken), taken);
  }
}
