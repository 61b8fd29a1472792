/**
 * The driver: a WebAssembly module that runs whole programs on several threads, written out instruction by instruction. Each thread has an
 * instance of its own; they meet in the low end of the memory.
 *
 * Programs and runs are arrays of doubles in that memory (device/loaded.ts). The pool works as in the native
 * runtime: each thread starts on its own equal share of the jobs, in a few chunks, and helps the others when it is through; jobs are
 * independent, so who does what cannot change a result. Helpers spin for a while after a launch and then sleep. The leader never waits
 * for a sleeper: it does the work itself until somebody comes. A launch is over when it is closed and no helper is busy; a
 * helper says it is busy BEFORE it looks whether the launch is still open, so none can slip in unseen.
 */
import { f64, type Func, i32, Module } from '../../render/wasm/bytes.js'

/** More than this many threads are not made. */
export const MOST_THREADS = 64

/** Where things lie, in bytes; each on a cache line of its own. */
export const at = {
  /** How often a launch was opened or closed: odd while one is open. */
  launches: 64,
  /** How many helpers sleep. */
  sleepers: 128,
  /** How many messages helpers were sent: one that has read fewer leaves the loop to read the others. */
  messages: 192,
  /** Threads that may take part. */
  active: 256,
  /** Not 0 once a kernel has failed on a helper. */
  failed: 320,
  /** The open launch: kernel, buffers, jobs in a chunk, threads. */
  task: 384,
  /** For each thread the next job of its share, and the end. */
  shares: 512,
  /** For each thread whether it is at work, and how many kernels it knows. */
  helpers: 512 + 64 * MOST_THREADS,
  /** What follows is for whoever allocates. */
  end: 512 + 2 * 64 * MOST_THREADS,
} as const

/** How often a helper looks for a launch before it sleeps: about 200 microseconds. */
const SPINS = 200_000
/** How often the leader looks whether a helper has finished before it naps, and for how many nanoseconds. */
const PATIENCE = 20_000
const NAP = 50_000
/** Parts of a thread's share: what others may take over. */
const CHUNKS = 8

/** A loop `while (condition) body`; both write instructions, the condition leaves an i32. */
function whilst(f: Func, condition: () => void, body: () => void): void {
  f.block().loop()
  condition()
  f.op('i32.eqz').brIf(1)
  body()
  f.br(0).end().end()
}

/** Six new locals. */
const locals = (f: Func): [number, number, number, number, number, number] => [
  f.local(i32),
  f.local(i32),
  f.local(i32),
  f.local(i32),
  f.local(i32),
  f.local(i32),
]

/** The address of a thread's share (or of its line in `helpers`, by the offset of a load). */
const line = (f: Func, thread: number): Func => f.get(thread).i32(6).op('i32.shl')

/** A double of ours as a whole number. */
const whole = (f: Func, address: number, offset: number): Func =>
  f.get(address).memory('f64.load', offset).op('i32.trunc_sat_f64_u')

/**
 * The bytes of the driver. It imports the memory, a table of kernels, a clock in milliseconds, and whether the thread may sleep. It exports
 * `run(record)` for the leader and `help(self, read)` for the others.
 */
export function driver(): Uint8Array {
  const m = new Module()
  m.importMemory('env', 'memory', true)
  m.importTable('env', 'table', 0)
  const now = m.importFunction('env', 'now', [], [f64])
  const maySleep = m.importGlobal('env', 'maySleep', i32, false)
  const kernel = m.type([i32, i32, i32], [])
  const takePart = writeTakePart(m.func([i32], []), kernel)
  const close = writeClose(m.func([], []), maySleep)
  const launch = writeLaunch(m.func([i32, i32, i32], []), takePart, close)
  m.exportFunction('run', writeRun(m.func([i32], []), kernel, launch, close, now))
  m.exportFunction('help', writeHelp(m.func([i32, i32], []), takePart))
  return m.bytes()
}

/** takePart(self): jobs of the open launch, first of one's own share and then of the others'. */
function writeTakePart(f: Func, kernel: number): Func {
  const self = 0
  const [k, share, from, end, chunk, threads] = locals(f)
  f.i32(0)
    .memory('i32.load', at.task + 8)
    .set(chunk)
  f.i32(0)
    .memory('i32.load', at.task + 12)
    .set(threads)
  whilst(
    f,
    () => f.get(k).get(threads).op('i32.lt_u'),
    () => {
      f.get(self).get(k).op('i32.add').get(threads).op('i32.rem_u').set(share)
      line(f, share)
        .tee(share)
        .memory('i32.load', at.shares + 4)
        .set(end)
      whilst(
        f,
        () => f.get(share).memory('i32.atomic.load', at.shares).get(end).op('i32.lt_u'),
        () => {
          f.get(share).get(chunk).memory('i32.atomic.rmw.add', at.shares).tee(from).get(end).op('i32.lt_u').if()
          f.i32(0)
            .memory('i32.load', at.task + 4)
            .get(from)
          f.get(end).get(from).get(chunk).op('i32.add')
          f.get(end).get(from).op('i32.sub').get(chunk).op('i32.lt_u').op('select')
          f.i32(0).memory('i32.load', at.task).callIndirect(kernel).end()
        },
      )
      f.get(k).i32(1).op('i32.add').set(k)
    },
  )
  return f
}

/** launch(kernel, buffers, jobs): all jobs, on all threads that come. */
function writeLaunch(f: Func, takePart: Func, close: Func): Func {
  const [kernel, buffers, jobs] = [0, 1, 2]
  const [active, threads, chunk, i, from] = locals(f)
  f.i32(0).memory('i32.atomic.load', at.active).set(active)
  f.get(jobs).get(active).get(jobs).get(active).op('i32.lt_u').op('select').set(threads)
  f.get(jobs).get(threads).op('i32.div_u').i32(CHUNKS).op('i32.div_u').tee(chunk)
  f.i32(1).get(chunk).op('select').set(chunk)
  for (const [offset, value] of [kernel, buffers, chunk, threads].entries())
    f.i32(0)
      .get(value)
      .memory('i32.store', at.task + 4 * offset)
  // Shares differ by a job at most: the quotient, and one of what remains for the first.
  whilst(
    f,
    () => f.get(i).get(threads).op('i32.lt_u'),
    () => {
      line(f, i).get(from).memory('i32.atomic.store', at.shares)
      f.get(from).get(jobs).get(threads).op('i32.div_u').op('i32.add')
      f.get(i).get(jobs).get(threads).op('i32.rem_u').op('i32.lt_u').op('i32.add').set(from)
      line(f, i)
        .get(from)
        .memory('i32.store', at.shares + 4)
      f.get(i).i32(1).op('i32.add').set(i)
    },
  )
  f.i32(0).i32(1).memory('i32.atomic.rmw.add', at.launches).op('drop')
  f.i32(0).memory('i32.atomic.load', at.sleepers).if()
  f.i32(0).i32(-1).memory('memory.atomic.notify', at.launches).op('drop').end()
  f.i32(0).call(takePart.index).call(close.index)
  return f
}

/** close(): the launch is over when no helper is busy any more. */
function writeClose(f: Func, maySleep: number): Func {
  const [active, i, spins] = locals(f)
  f.i32(0).i32(1).memory('i32.atomic.rmw.add', at.launches).op('drop')
  f.i32(0).memory('i32.atomic.load', at.active).set(active)
  f.i32(1).set(i)
  whilst(
    f,
    () => f.get(i).get(active).op('i32.lt_u'),
    () => {
      f.i32(PATIENCE).set(spins)
      whilst(
        f,
        () => line(f, i).memory('i32.atomic.load', at.helpers),
        () => {
          // A helper that takes long may have no core; ours would do. Nobody wakes us but the clock.
          f.get(spins).i32(1).op('i32.sub').tee(spins).op('i32.eqz').getGlobal(maySleep).op('i32.and').if()
          line(f, i).i32(1).i64(NAP).memory('memory.atomic.wait32', at.helpers).op('drop').i32(PATIENCE).set(spins).end()
        },
      )
      f.get(i).i32(1).op('i32.add').set(i)
    },
  )
  return f
}

/** run(record): all steps of a program, one after the other. */
function writeRun(f: Func, kernel: number, launch: Func, close: Func, now: number): Func {
  const record = 0
  const [p, arena, times, steps, buffers, count] = locals(f)
  const [to, jobs, bound, parallel] = locals(f)
  const [start, last] = [f.local(f64), f.local(f64)]
  // A launch that is open now was left so by a kernel that failed on the leader, who has told.
  f.i32(0).memory('i32.atomic.load', at.launches).i32(1).op('i32.and').if().call(close.index)
  f.i32(0).i32(0).memory('i32.atomic.store', at.failed).end()
  f.call(now).tee(start).set(last)
  whole(f, record, 0).set(p)
  whole(f, record, 8).set(arena)
  whole(f, record, 24).set(times)
  whole(f, p, 0).set(steps)
  whole(f, p, 8).set(buffers)
  f.get(p).i32(16).op('i32.add').set(p)
  whilst(
    f,
    () => f.get(steps),
    () => {
      f.get(steps).i32(1).op('i32.sub').set(steps)
      whole(f, p, 8).set(jobs)
      whole(f, p, 16).set(parallel)
      whole(f, p, 24).set(count)
      f.get(buffers).set(to)
      f.get(p) // For the number of the kernel, when all else is done.
      f.get(p).i32(32).op('i32.add').set(p)
      whilst(
        f,
        () => f.get(count),
        () => {
          f.get(count).i32(1).op('i32.sub').set(count)
          f.get(to)
          f.get(p).memory('f64.load').constF64(0).op('f64.lt').if(i32).get(arena).else()
          whole(f, p, 0).i32(3).op('i32.shl').get(record).op('i32.add').set(bound)
          whole(f, bound, 32).end()
          whole(f, p, 8).op('i32.add').memory('i32.store')
          f.get(p).i32(16).op('i32.add').set(p)
          f.get(to).i32(4).op('i32.add').set(to)
        },
      )
      f.memory('f64.load').op('i32.trunc_sat_f64_u').set(bound)
      f.get(parallel).get(jobs).i32(1).op('i32.gt_u').op('i32.and')
      f.i32(0).memory('i32.atomic.load', at.active).i32(1).op('i32.gt_u').op('i32.and').if()
      f.get(bound).get(buffers).get(jobs).call(launch.index).else()
      f.get(jobs).if().get(buffers).i32(0).get(jobs).get(bound).callIndirect(kernel).end().end()
      f.get(times).if()
      f.get(times).call(now).get(last).op('f64.sub').constF64(1e6).op('f64.mul').memory('f64.store')
      f.call(now).set(last)
      f.get(times).i32(8).op('i32.add').set(times).end()
    },
  )
  f.get(record).call(now).get(start).op('f64.sub').constF64(1e6).op('f64.mul').memory('f64.store', 16)
  return f
}

/** help(self, read): takes part in launches until there are other messages than those `read`. */
function writeHelp(f: Func, takePart: Func): Func {
  const [self, read] = [0, 1]
  const [seen, open, spins] = locals(f)
  const launches = () => f.i32(0).memory('i32.atomic.load', at.launches)
  f.loop()
  f.i32(SPINS).set(spins)
  f.block().loop()
  f.i32(0).memory('i32.atomic.load', at.messages).get(read).op('i32.ne').if().op('return').end()
  launches()
  f.tee(open).i32(1).op('i32.and').get(open).get(seen).op('i32.ne').op('i32.and').brIf(1)
  f.get(spins).i32(1).op('i32.sub').tee(spins).brIf(0)
  f.i32(0).i32(1).memory('i32.atomic.rmw.add', at.sleepers).op('drop')
  f.i32(0).get(open).i64(-1).memory('memory.atomic.wait32', at.launches).op('drop')
  f.i32(0).i32(1).memory('i32.atomic.rmw.sub', at.sleepers).op('drop')
  f.i32(SPINS).set(spins)
  f.br(0).end().end()
  f.get(open).set(seen)
  line(f, self).i32(1).memory('i32.atomic.store', at.helpers)
  launches()
  f.get(open).op('i32.eq')
  f.get(self)
    .i32(0)
    .memory('i32.load', at.task + 12)
    .op('i32.lt_u')
    .op('i32.and')
  f.i32(0).memory('i32.load', at.task)
  line(f, self)
    .memory('i32.load', at.helpers + 4)
    .op('i32.lt_u')
    .op('i32.and')
  f.if().get(self).call(takePart.index).end()
  line(f, self).i32(0).memory('i32.atomic.store', at.helpers)
  f.br(0).end()
  return f
}
