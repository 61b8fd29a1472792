/* What the peers written in C share: the clock, and the lines that worker.mjs describes. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static inline double median(double *values, int count) {
  qsort(values, count, sizeof(double), ascending);
  return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Waits for "go SECONDS"; negative when the input has ended. */
static inline double next_block(void) {
  char line[64];
  double length;
  fflush(stdout);
  if (!fgets(line, sizeof line, stdin) || sscanf(line, "go %lf", &length) != 1) return -1;
  return length;
}
