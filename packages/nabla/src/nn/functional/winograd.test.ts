/**
 * Convolutions of 3 x 3 taps, which vector devices compute with fewer products where a batch fills their lanes (compiler/winograd/). The js device
 * knows no lanes and sums tap by tap.
 */
import { describe, expect, test } from 'vitest'
import { describeDevices } from '../../compiler/devices.js'
import { compile } from '../../tensor/compile.js'
import { type Tensor, manualSeed, randn } from '../../tensor/index.js'
import { conv2d } from './conv.js'

const cases = [
  { what: 'a border of zeros', images: [16, 16, 8, 8], filters: [16, 16, 3, 3], padding: 1 },
  { what: 'images of more tiles than a block', images: [16, 20, 20, 28], filters: [20, 20, 3, 3], padding: 1 },
  { what: 'several blocks of filters', images: [32, 16, 4, 4], filters: [144, 16, 3, 3], padding: 1 },
  { what: 'seven tiles in a row', images: [16, 17, 14, 14], filters: [12, 17, 3, 3], padding: 1 },
  { what: 'no border', images: [16, 16, 10, 12], filters: [16, 16, 3, 3], padding: 0 },
  { what: 'a wide border', images: [16, 16, 6, 6], filters: [16, 16, 3, 3], padding: 2 },
  { what: 'partial sums of filters', images: [16, 48, 16, 16], filters: [56, 48, 3, 3], padding: 1, sums: true },
  { what: 'sums over several images at once', images: [32, 136, 4, 4], filters: [128, 136, 3, 3], padding: 1, sums: true },
  { what: 'sums without a border', images: [16, 64, 10, 12], filters: [64, 64, 3, 3], padding: 0, sums: true },
  { what: 'odd rows and columns', images: [16, 96, 7, 15], filters: [96, 96, 3, 3], padding: 1, sums: true },
] as const

type Case = (typeof cases)[number]

/** Results, gradients of images, and of filters, between two further products: so are the images in lanes, and the results. */
async function run(device: string, { images, filters, padding }: Case): Promise<{ values: number[][]; kernels: string[] }> {
  manualSeed(5)
  const [n, c, h, w] = images
  const k = filters[0]
  const on = (t: Tensor): Tensor => t.to(device).realize()
  const [x, before, filter, bias, after] = [
    on(randn([n, 3, h, w])),
    on(randn([c, 3, 1, 1])),
    on(randn(filters).mul(1 / Math.sqrt(9 * c))),
    on(randn([k])),
    on(randn([2, k, 1, 1])),
  ] as const
  const step = compile((x: Tensor, before: Tensor, filter: Tensor, bias: Tensor, after: Tensor) => {
    const weights = [before, filter].map((t) => {
      const own = t.detach()
      own.requiresGrad = true
      return own
    })
    // The sums themselves and what is made of them: both are written. Nothing here has a kink, where a rounding would turn a gradient round.
    const y = conv2d(conv2d(x, weights[0]!), weights[1]!, bias, { padding })
    const z = conv2d(y.square(), after).add(conv2d(y, after))
    z.square().mean().backward()
    return [z, ...weights.map((t) => t.grad!)]
  })
  const results = step(x, before, filter, bias, after)
  const values = await Promise.all(results.map(async (t) => Array.from((await t.data()) as Float32Array)))
  const kernels = (await step.profile(x, before, filter, bias, after)).map(({ name }) => name)
  return { values, kernels }
}

const references = new Map<Case, ReturnType<typeof run>>()
function reference(given: Case): ReturnType<typeof run> {
  let known = references.get(given)
  if (!known) references.set(given, (known = run('js', given)))
  return known
}

const vectors = describeDevices().filter(({ name, available }) => name !== 'js' && available)

describe.each(vectors)('$name', ({ name: device }) => {
  test.each(cases)('$what', async (given) => {
    const [own, expected] = await Promise.all([run(device, given), reference(given)])
    expect(own.kernels.join('\n')).toContain('sums' in given ? 'winogradSums' : 'winograd')
    expect(expected.kernels.join('\n')).not.toContain('winograd')
    own.values.forEach((values, i) => {
      const largest = (all: readonly number[]): number => all.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
      const scale = largest(expected.values[i]!)
      const error = largest(expected.values[i]!.map((e, j) => e - values[j]!))
      expect(error / scale).toBeLessThan(1e-5)
    })
  })

  test('pixels may be bytes that are brought to mean 0 first', async () => {
    const bytes = randn([16, 3, 8, 8]).mul(40).add(128).to('js').to('uint8')
    const weights = [randn([16, 3, 1, 1]), randn([16, 16, 3, 3])]
    const forward = (x: Tensor, first: Tensor, filter: Tensor): Tensor =>
      conv2d(conv2d(x.float().sub(128).div(40), first), filter, undefined, { padding: 1 }).mean([2, 3])
    const step = compile(forward)
    const [x, first, filter] = [bytes, ...weights].map((t) => t.to(device).realize()) as [Tensor, Tensor, Tensor]
    expect((await step.profile(x, first, filter)).map(({ name }) => name).join('\n')).toContain('winograd')
    const [own, expected] = await Promise.all([
      step(x, first, filter).data(),
      forward(bytes, weights[0]!.to('js'), weights[1]!.to('js')).data(),
    ])
    for (let i = 0; i < own.length; i++) expect(own[i]).toBeCloseTo(Number(expected[i]), 4)
  })

  test('small images, strides and dilated taps are left to the plain product', async () => {
    const x = randn([16, 16, 3, 3]).to(device).realize()
    const [first, filter] = [randn([16, 16, 1, 1]), randn([16, 16, 3, 3])].map((t) => t.to(device).realize())
    for (const options of [{ padding: 1 }, { padding: 2, stride: 2 }, { padding: 2, dilation: 2 }]) {
      const step = compile((x: Tensor) => conv2d(conv2d(conv2d(x, first!), filter!, undefined, options), first!))
      const kernels = (await step.profile(x)).map(({ name }) => name)
      expect(kernels.join('\n')).not.toContain('winograd')
    }
  })
})
