/**
 * ONNX Runtime as a peer, on this machine's processor. It runs the file that PyTorch writes of torchvision's network, the one it is best
 * at, or the file that Nabla writes of its own.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as ort from 'onnxruntime-node'
import { telling } from '../child.mjs'
import { uniform } from '../data.mjs'
import { serve } from '../worker.mjs'

const { version } = JSON.parse(readFileSync(new URL('node_modules/onnxruntime-node/package.json', import.meta.url)))

/** Each gives the bytes of an ONNX file. */
const writers = {
  pytorch(workload, { python }) {
    const folder = mkdtempSync(join(tmpdir(), 'nabla-bench-'))
    try {
      const file = join(folder, 'network.onnx')
      const script = fileURLToPath(new URL('pytorch/export.py', import.meta.url))
      const { status, error, stderr } = spawnSync(python, [script, JSON.stringify(workload), file], { encoding: 'utf8' })
      if (error) throw new Error(`${python} could not be started (${error.code})`)
      if (status) throw new Error(`${python} cannot write the network: ${telling(stderr)}`)
      return readFileSync(file)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  async nabla(workload) {
    const { exportOnnx } = await import('nabla/io')
    const { networkOf } = await import('./nabla/zoo.mjs')
    const { net, x } = networkOf(workload)
    return exportOnnx(net, x)
  },
}

await serve(async (workload, { threads, writer, ...options }) => {
  const session = await ort.InferenceSession.create(await writers[writer](workload, options), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  })
  const { input } = workload
  const x = new ort.Tensor('float32', uniform(input.reduce((a, b) => a * b)), input)
  const [inputName] = session.inputNames
  const [outputName] = session.outputNames
  let result
  const step = async () => {
    const results = await session.run({ [inputName]: x })
    result = results[outputName]
  }
  const finish = () => {
    const [value] = result.data
    if (!Number.isFinite(value)) throw new Error(`the result is ${value}`)
  }
  return { name: `ONNX Runtime ${version}`, device: 'cpu', step, finish }
})
