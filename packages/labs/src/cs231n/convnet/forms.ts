/** Three forms of the same convolution: loops, im2col with gradients by hand, and the engine with its own. */
import { compile, noGrad, randn, realize, type Tensor } from 'nabla'
import { functional as F } from 'nabla/nn'
import type { LabContext } from '../../lab.js'
import { secondsOf } from '../../pace.js'
import { convBackwardIm2col, convBackwardNaive, convForwardIm2col, convForwardNaive } from '../scratch/index.js'

/** As the assignment times it: 25 filters of 3 x 3 on 31 x 31 pixels in colour, stride 2. */
const how = { stride: 2, pad: 1 }

/** Seconds of each form forward and back, as ratios, and how far their results are apart. */
export async function compareForms(
  context: Pick<LabContext<{ readonly timed: number }>, 'options' | 'doing' | 'table'>,
): Promise<Record<string, number>> {
  const n = context.options.timed
  const [x, w, b] = [randn([n, 3, 31, 31]), randn([25, 3, 3, 3]), randn([25])]
  const dout = randn([n, 25, 16, 16])
  realize(x, w, b, dout)

  context.doing('convolution by loops', 0, 3)
  let start = performance.now()
  const [out, cache] = convForwardNaive(x, w, b, how)
  const naiveForward = (performance.now() - start) / 1000
  await new Promise((resolve) => setTimeout(resolve))
  start = performance.now()
  const gradients = convBackwardNaive(dout, cache)
  const naiveBackward = (performance.now() - start) / 1000

  context.doing('convolution by im2col', 1, 3)
  const forward = compile((x: Tensor, w: Tensor, b: Tensor) => noGrad(() => convForwardIm2col(x, w, b, how)[0]))
  const both = compile((x: Tensor, w: Tensor, b: Tensor, dout: Tensor) =>
    noGrad(() => {
      const [out, cache] = convForwardIm2col(x, w, b, how)
      return { out, ...convBackwardIm2col(dout, cache) }
    }),
  )
  const done = (results: Readonly<Record<string, Tensor>>): Promise<unknown> => {
    realize(...Object.values(results))
    return Object.values(results).at(-1)!.data()
  }
  const im2colForward = await secondsOf(() => forward(x, w, b).data(), 9)
  const im2colBoth = await secondsOf(() => done(both(x, w, b, dout)), 9)

  context.doing('convolution by the engine', 2, 3)
  const leaves = [x, w, b].map((leaf) => leaf.detach().clone().requiresGrad_()) as [Tensor, Tensor, Tensor]
  const engineForward = compile((x: Tensor, w: Tensor, b: Tensor) => noGrad(() => F.conv2d(x, w, b, { stride: 2, padding: 1 })))
  const engine = compile((dout: Tensor) => {
    const out = F.conv2d(...leaves, { stride: 2, padding: 1 })
    for (const leaf of leaves) leaf.grad = null
    out.backward(dout)
    const [dx, dw, db] = leaves.map((leaf) => leaf.grad!)
    return { out: out.detach(), dx: dx!, dw: dw!, db: db! }
  })
  const nativeForward = await secondsOf(() => engineForward(x, w, b).data(), 9)
  const nativeBoth = await secondsOf(() => done(engine(dout)), 9)

  const [mine, theirs] = [both(x, w, b, dout), engine(dout)]
  const distance = async (a: Tensor, b: Tensor): Promise<number> => a.sub(b).abs().max().div(b.abs().max()).item()
  const naiveBoth = naiveForward + naiveBackward
  await context.table('forms', {
    columns: ['form', 'milliseconds forward', 'milliseconds forward and back', 'times as fast as loops'],
    rows: [
      ['loops', naiveForward * 1000, naiveBoth * 1000, 1],
      ['im2col', im2colForward * 1000, im2colBoth * 1000, naiveBoth / im2colBoth],
      ['engine', nativeForward * 1000, nativeBoth * 1000, naiveBoth / nativeBoth],
    ],
  })
  return {
    forms_difference: Math.max(
      await distance(mine.out, out),
      await distance(mine.dx, gradients.dx),
      await distance(mine.dw, gradients.dw),
      await distance(mine.out, theirs.out),
      await distance(mine.dw, theirs.dw),
    ),
    im2col_over_naive: naiveBoth / im2colBoth,
    im2col_over_naive_forward: naiveForward / im2colForward,
    engine_over_naive: naiveBoth / nativeBoth,
    engine_over_im2col: im2colBoth / nativeBoth,
  }
}
