/*
 * The peak of the machine: nothing but multiply-adds on independent registers, on every thread at once. What no kernel can pass.
 * Registers must hold all accumulators: 12 of 16, or 24 of 32, more than any core's latency times width.
 */
#include "lines.h"
#include <pthread.h>
#include <stdatomic.h>

#if defined(__AVX512F__)
enum { LANES = 16, ACCUMULATORS = 24 };
#define KEEP(v) __asm__("" : "+v"(v))
#elif defined(__AVX__)
enum { LANES = 8, ACCUMULATORS = 12 };
#define KEEP(v) __asm__("" : "+x"(v))
#elif defined(__aarch64__)
enum { LANES = 4, ACCUMULATORS = 24 };
#define KEEP(v) __asm__("" : "+w"(v))
#else
enum { LANES = 4, ACCUMULATORS = 12 };
#define KEEP(v)
#endif

enum { MAX_THREADS = 256, STEPS = 500000 };
typedef float vector __attribute__((vector_size(4 * LANES)));

static atomic_int waiting;
static int threads;
static vector results[MAX_THREADS];

static void multiply_add(vector *out) {
  vector acc[ACCUMULATORS], factor = (vector){} + 0.999f, term = (vector){} + 0.001f;
  KEEP(factor);
  KEEP(term);
#pragma GCC unroll 32
  for (int i = 0; i < ACCUMULATORS; i++) acc[i] = (vector){} + (float)i;
  for (int k = 0; k < STEPS; k++) {
#pragma GCC unroll 32
    for (int i = 0; i < ACCUMULATORS; i++) acc[i] = acc[i] * factor + term;
  }
#pragma GCC unroll 32
  for (int i = 0; i < ACCUMULATORS; i++) *out += acc[i];
}

static void *work(void *index) {
  atomic_fetch_add(&waiting, 1);
  while (atomic_load(&waiting) < threads) {} /* all start together */
  multiply_add(&results[(long)index]);
  return 0;
}

static double gflops(void) {
  pthread_t ids[MAX_THREADS];
  atomic_store(&waiting, 0);
  for (long i = 1; i < threads; i++) pthread_create(&ids[i], 0, work, (void *)i);
  while (atomic_load(&waiting) < threads - 1) {}
  double start = seconds();
  work(0);
  for (int i = 1; i < threads; i++) pthread_join(ids[i], 0);
  return 2.0 * threads * STEPS * ACCUMULATORS * LANES / (seconds() - start) * 1e-9;
}

int main(int count, char **words) {
  threads = atoi(words[1]) < MAX_THREADS ? atoi(words[1]) : MAX_THREADS;
  for (double start = seconds(); seconds() - start < 0.2;) gflops();
  printf("{\"ready\": true, \"name\": \"%d float lanes\", \"ms\": 0, \"first\": 0}\n", LANES);
  for (double length; (length = next_block()) >= 0;) {
    double best = 0;
    int taken = 0;
    for (double start = seconds(); taken < 3 || seconds() - start < length; taken++) {
      double now = gflops();
      if (now > best) best = now;
    }
    printf("{\"gflops\": %f, \"samples\": %d}\n", best, taken);
  }
}
