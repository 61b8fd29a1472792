/** The two ways back through batch normalisation: whether they agree, with each other and with differences, and what each costs. */
import { compile, noGrad, randn, realize, type Tensor } from 'nabla'
import { checkLayer, type Checked, type Run } from '../nets.js'
import { secondsOf } from '../../pace.js'
import {
  batchnormBackward,
  batchnormBackwardAlt,
  type BatchnormCache,
  batchnormForward,
  type BatchnormGradients,
  relativeError,
  spatialBatchnormBackward,
  spatialBatchnormForward,
} from '../scratch/index.js'

type Backward = (dout: Tensor, cache: BatchnormCache) => BatchnormGradients

export async function backwardForms({ doing }: Pick<Run, 'doing'>) {
  const random = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64' }).realize()
  const inputs = { x: random(4, 5), gamma: random(5), beta: random(5) }
  const dout = random(4, 5)
  const forward = (given: Readonly<Record<string, Tensor>>) => batchnormForward(given.x!, given.gamma!, given.beta!)
  const [, cache] = forward(inputs)
  const named = ({ dx: x, dgamma: gamma, dbeta: beta }: BatchnormGradients) => ({ x, gamma, beta })
  const checked: Checked[] = []
  doing('gradients by differences', 0, 1)
  for (const [name, backward] of [
    ['batch norm, along the graph', batchnormBackward],
    ['batch norm, on paper', batchnormBackwardAlt],
  ] as const)
    checked.push(...(await checkLayer(name, inputs, (given) => forward(given)[0], named(backward(dout, cache)), { dout })))
  const images = { x: random(2, 3, 2, 2), gamma: random(3), beta: random(3) }
  const spatial = (given: Readonly<Record<string, Tensor>>) => spatialBatchnormForward(given.x!, given.gamma!, given.beta!)
  const up = random(2, 3, 2, 2)
  const gradients = named(spatialBatchnormBackward(up, spatial(images)[1]))
  checked.push(...(await checkLayer('spatial batch norm', images, (given) => spatial(given)[0], gradients, { dout: up })))
  const difference = await relativeError(batchnormBackward(dout, cache).dx, batchnormBackwardAlt(dout, cache).dx)
  doing('both ways back by the clock', 1, 2)
  const [graph, paper] = [await seconds(batchnormBackward), await seconds(batchnormBackwardAlt)]
  const ratio = (of: 'called' | 'compiled'): number => graph[of] / paper[of]
  const table = {
    columns: ['way back', 'milliseconds as called', 'milliseconds compiled'],
    rows: [
      ['along the graph', 1000 * graph.called, 1000 * graph.compiled],
      ['on paper', 1000 * paper.called, 1000 * paper.compiled],
      ['ratio', ratio('called'), ratio('compiled')],
    ],
  }
  return { checked, difference, speed: ratio('called'), speedCompiled: ratio('compiled'), table }
}

/** Of a batch of 500 rows of 100 numbers: built and planned at every call, and as one program that is replayed. */
async function seconds(backward: Backward): Promise<{ called: number; compiled: number }> {
  const [x, dout, gamma, beta] = [randn([500, 100]), randn([500, 100]), randn([100]), randn([100])]
  const [, cache] = batchnormForward(x, gamma, beta)
  realize(dout, ...Object.values(cache))
  const way = (given: Tensor, { gamma, xc, std, xHat }: BatchnormCache) => {
    const { dx, dgamma, dbeta } = noGrad(() => backward(given, { gamma, xc, std, xHat }))
    return [dx, dgamma, dbeta]
  }
  const program = compile((given: Tensor) => way(given, cache))
  const done = (results: Tensor[]): Promise<unknown> => {
    realize(...results)
    return results[0]!.data()
  }
  return { called: await secondsOf(() => done(way(dout, cache)), 15), compiled: await secondsOf(() => done(program(dout)), 15) }
}
