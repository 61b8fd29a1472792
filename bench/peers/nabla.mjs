/** Nabla itself, measured as the others are. Results are read once a sample: runs follow one another on the device. */
import { readFileSync } from 'node:fs'
import { productStep, trainingStep } from '../nets.mjs'
import { serve } from '../worker.mjs'

const { version } = JSON.parse(readFileSync(new URL(import.meta.resolve('nabla/package.json'))))

await serve((workload) => {
  const start = workload.kind === 'matmul' ? productStep(workload) : trainingStep(workload)
  let last
  const step = () => {
    last = start()
  }
  const finish = async () => {
    const value = await (workload.kind === 'matmul' ? last.select(0, 0).select(0, 0) : last).item()
    if (!Number.isFinite(value)) throw new Error(`the result is ${value}`)
  }
  return {
    name: `Nabla ${version}`,
    get device() {
      return last.device
    },
    step,
    finish,
  }
})
