/**
 * The native runtime: the C text of one small shared object that is loaded once per process. It owns the thread pool, and
 * runs whole programs: one call executes every step of every run it is handed.
 *
 * What crosses from JavaScript is arrays of doubles: programs, runs and batches, as device/loaded.ts describes them.
 *
 * The pool. Each thread starts on its own equal share of the jobs, in a few chunks, and helps the others when it is through;
 * jobs are independent, so who does what cannot change a result. Workers spin for a while after a launch and then sleep. The
 * caller never waits for a sleeper: it does the work itself until somebody comes. A launch is over when it is closed and no
 * worker is busy; a worker says it is busy BEFORE it looks whether the launch is still open, so none can slip in unseen.
 */
export const runtimeSource = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

#define MOST_THREADS 256
#define SPIN 200e3 /* nanoseconds that a worker waits awake */
#define CHUNKS 8   /* parts of a thread's share: what others may take over */
#define STACK (8 << 20)

typedef void (*kernel)(char *const *buffers, long from, long to);

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* ---- pool ---- */

static struct { _Alignas(64) atomic_long next; long end; } shares[MOST_THREADS];
static struct { _Alignas(64) atomic_int busy; } workers[MOST_THREADS];
static struct { kernel run; char *const *buffers; long chunk; int threads; } task;
static _Alignas(64) atomic_long launches; /* odd while a launch is open */
static _Alignas(64) atomic_int sleepers;
static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake_up = PTHREAD_COND_INITIALIZER;
static int created = 1; /* threads there are, the caller counted */
static int active = 1;  /* threads that take part */

static void take_part(int self) {
  for (int k = 0; k < task.threads; k++) {
    int i = (self + k) % task.threads;
    long end = shares[i].end;
    while (atomic_load_explicit(&shares[i].next, memory_order_relaxed) < end) {
      long from = atomic_fetch_add_explicit(&shares[i].next, task.chunk, memory_order_relaxed);
      if (from >= end) break;
      task.run(task.buffers, from, end - from < task.chunk ? end : from + task.chunk);
    }
  }
}

/* The number of an open launch other than the last one seen. */
static long next_launch(long seen) {
  double start = now();
  for (int i = 1;; i++) {
    long launch = atomic_load(&launches);
    if ((launch & 1) && launch != seen) return launch;
    pause_briefly();
    if (i % 64 == 0 && now() - start > SPIN) break;
  }
  pthread_mutex_lock(&sleep_lock);
  atomic_fetch_add(&sleepers, 1);
  long launch;
  while (!((launch = atomic_load(&launches)) & 1) || launch == seen) pthread_cond_wait(&wake_up, &sleep_lock);
  atomic_fetch_sub(&sleepers, 1);
  pthread_mutex_unlock(&sleep_lock);
  return launch;
}

static void *worker(void *argument) {
  int self = (int)(intptr_t)argument;
  for (long launch = 0;;) {
    launch = next_launch(launch);
    atomic_store(&workers[self].busy, 1);
    if (atomic_load(&launches) == launch && self < task.threads) take_part(self);
    atomic_store_explicit(&workers[self].busy, 0, memory_order_release);
  }
  return 0;
}

static void launch(kernel run, char *const *buffers, long jobs) {
  int threads = jobs < active ? (int)jobs : active;
  long chunk = jobs / threads / CHUNKS;
  task.run = run, task.buffers = buffers, task.threads = threads, task.chunk = chunk > 0 ? chunk : 1;
  for (int i = 0; i < threads; i++) {
    atomic_store_explicit(&shares[i].next, jobs * i / threads, memory_order_relaxed);
    shares[i].end = jobs * (i + 1) / threads;
  }
  atomic_fetch_add(&launches, 1);
  if (atomic_load(&sleepers)) {
    pthread_mutex_lock(&sleep_lock);
    pthread_cond_broadcast(&wake_up);
    pthread_mutex_unlock(&sleep_lock);
  }
  take_part(0);
  atomic_fetch_add(&launches, 1);
  for (int i = 1; i < created; i++)
    for (int spins = 0; atomic_load(&workers[i].busy); spins++)
      if (spins < 4000) pause_briefly();
      else sched_yield();
}

/* ---- programs ---- */

/* Programs run one at a time, whichever thread asks. */
static pthread_mutex_t running = PTHREAD_MUTEX_INITIALIZER;

static void *address(double value) { return (void *)(uintptr_t)value; }

static void run(double *record) {
  const double *p = address(record[0]);
  char *arena = address(record[1]);
  double *times = address(record[3]);
  double start = now(), last = start;
  long steps = (long)p[0];
  char *buffers[(long)p[1] + 1];
  p += 2;
  for (long s = 0; s < steps; s++) {
    kernel f = (kernel)address(p[0]);
    long jobs = (long)p[1], count = (long)p[3];
    int parallel = p[2] != 0 && jobs > 1 && active > 1;
    p += 4;
    for (long i = 0; i < count; i++) {
      char *base = p[2 * i] < 0 ? arena : address(record[4 + (long)p[2 * i]]);
      buffers[i] = base + (long)p[2 * i + 1];
    }
    p += 2 * count;
    if (parallel) launch(f, buffers, jobs);
    else if (jobs > 0) f(buffers, 0, jobs);
    if (times) {
      double t = now();
      times[s] = t - last, last = t;
    }
  }
  record[2] = now() - start;
}

void nabla_run(double record) {
  pthread_mutex_lock(&running);
  run(address(record));
  pthread_mutex_unlock(&running);
}

/* Several runs in order, unless they have been done: so two threads may race to do the same batch. */
void nabla_batch(double batch) {
  pthread_mutex_lock(&running);
  double *b = address(batch);
  if (!b[0])
    for (long i = 0; i < (long)b[1]; i++) run(address(b[2 + i]));
  b[0] = 1;
  pthread_mutex_unlock(&running);
}

/* How many threads take part from now on, the caller counted; gives how many there are. */
int nabla_threads(int wanted) {
  pthread_mutex_lock(&running);
  wanted = wanted < 1 ? 1 : wanted > MOST_THREADS ? MOST_THREADS : wanted;
  sigset_t all, before; /* signals belong to the main thread */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  while (created < wanted && pthread_create(&thread, &attributes, worker, (void *)(intptr_t)created) == 0) created++;
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, 0);
  active = wanted < created ? wanted : created;
  pthread_mutex_unlock(&running);
  return active;
}

/* Fresh memory costs a fault per page, several times what filling it costs: large pages where the system has them. */
void nabla_prefer_large_pages(double start, double bytes) {
#ifdef MADV_HUGEPAGE
  uintptr_t page = 4096, from = ((uintptr_t)start + page - 1) / page * page, to = (uintptr_t)(start + bytes) / page * page;
  if (to > from) madvise((void *)from, to - from, MADV_HUGEPAGE);
#endif
}

/* ---- objects ---- */

/* Objects stay loaded until the process ends: a thread may be inside one when the process exits. */
double nabla_open(const char *path) { return (double)(uintptr_t)dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE); }
double nabla_symbol(double object, const char *name) { return (double)(uintptr_t)dlsym(address(object), name); }
const char *nabla_error(void) { return dlerror(); }

/* Called first: keeps this object loaded for the same reason; gives a number by which the caller knows that code runs. */
int nabla_hello(void) {
  Dl_info self;
  if (!dladdr((void *)nabla_hello, &self) || !dlopen(self.dli_fname, RTLD_NOW | RTLD_NODELETE)) return 0;
  return 1729;
}
`
