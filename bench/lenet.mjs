/**
 * A process that trains a workload (LeNet unless another is named) and reads every loss, as a training loop does:
 * `node lenet.mjs STEPS [WORKLOAD]`. Says the loss of the first step and, at the end, how resident memory went.
 */
import { trainingStep } from './peers/nabla/networks.mjs'
import { workloads } from './workloads.mjs'

/** Steps after which memory should grow no more; and how often it is looked at from then on. */
const settled = 100

const [steps, name = 'lenet'] = process.argv.slice(2)
const step = trainingStep(workloads.find((workload) => workload.name === name))
const resident = []
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

say({ loss: await step().item() })
for (let i = 1; i < Number(steps); i++) {
  await step().item()
  if ((i + 1) % settled === 0) resident.push(process.memoryUsage.rss() / 2 ** 20)
}
say({ first: resident[0], largest: Math.max(...resident), last: resident.at(-1) })
