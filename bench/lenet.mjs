/**
 * A process that trains a workload (LeNet unless another is named) and reads every loss, as a training loop does:
 * `node lenet.mjs STEPS [WORKLOAD]`. Says the loss of the first step and its milliseconds; at the end those of the steps after it, and
 * how resident memory went.
 */
import { stepOf } from './peers/nabla/steps.mjs'
import { median } from './worker.mjs'
import { workloads } from './workloads.mjs'

/** Steps after which memory should grow no more; and how often it is looked at from then on. */
const settled = 100

const [steps, name = 'lenet'] = process.argv.slice(2)
const step = await stepOf(workloads.find((workload) => workload.name === name))
const resident = []
const times = []
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

async function timed() {
  const start = performance.now()
  const loss = await step().item()
  return { loss, ms: performance.now() - start }
}

say(await timed())
for (let i = 1; i < Number(steps); i++) {
  times.push((await timed()).ms)
  if ((i + 1) % settled === 0) resident.push(process.memoryUsage.rss() / 2 ** 20)
}
say({ ms: median(times), first: resident[0], largest: Math.max(...resident), last: resident.at(-1) })
