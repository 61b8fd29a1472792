/** Nabla itself, measured as the others are. Results are read once a sample: runs follow one another on the device. */
import { readFileSync } from 'node:fs'
import { serve } from '../../worker.mjs'
import { stepOf } from './steps.mjs'

const { version } = JSON.parse(readFileSync(new URL(import.meta.resolve('nabla/package.json'))))

await serve(async (workload) => {
  const start = await stepOf(workload)
  let last
  // Results that are not read are dropped at once, as counting references does elsewhere.
  const step = () => {
    for (const result of last ?? []) result?.dispose()
    last = [start()].flat()
  }
  const finish = async () => {
    const value = await last.at(-1).flatten().select(0, 0).item()
    if (!Number.isFinite(value)) throw new Error(`the result is ${value}`)
  }
  step() // what is compiled before the first step ends is a matter of `--startup`
  await finish()
  return {
    name: `Nabla ${version}`,
    get device() {
      return last[0].device
    },
    step,
    finish,
  }
})
