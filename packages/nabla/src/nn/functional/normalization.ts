/** Normalisation by the statistics of a batch or of a row, each with its exact gradient. */
import { NablaError, showShape } from '../../core/errors.js'
import { type Shape, sameShape } from '../../core/shape.js'
import { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { composite, untracked } from '../../tensor/autograd.js'
import { Tensor } from '../../tensor/tensor.js'

interface Statistics {
  readonly mean: Node
  /** 1 / sqrt(variance + eps), with the plain (biased) variance. */
  readonly scale: Node
  readonly variance: Node
}

const count = (shape: Shape, dims: readonly number[]): number => dims.reduce((n, d) => n * shape[d]!, 1)

function statistics(x: Node, dims: readonly number[], eps: number): Statistics {
  const n = count(x.shape, dims)
  const mean = b.div(b.sum(x, dims), n)
  const centred = b.sub(x, mean)
  const variance = b.div(b.sum(b.mul(centred, centred), dims), n)
  return { mean, variance, scale: b.div(1, b.sqrt(b.add(variance, eps))) }
}

/**
 * (x - mean) / sqrt(var + eps) over `dims`. With y the result and g its gradient, that of x is
 * (g - mean(g) - y mean(g y)) / sqrt(var + eps).
 */
function standardize(name: string, x: Node, dims: readonly number[], eps: number): { y: Node; found: Statistics } {
  const n = count(x.shape, dims)
  const found = untracked(() => statistics(x, dims, eps))
  const y = composite(
    name,
    [x],
    () => b.mul(b.sub(x, found.mean), found.scale),
    (grad, result) => {
      const scale = Node.recording ? statistics(x, dims, eps).scale : found.scale
      const mean = b.div(b.sum(grad, dims), n)
      const along = b.div(b.sum(b.mul(grad, result), dims), n)
      return [b.mul(b.sub(b.sub(grad, mean), b.mul(result, along)), scale)]
    },
  )
  return { y, found }
}

function affine(y: Node, weight: Tensor | null, bias: Tensor | null, shape: Shape): Node {
  const scaled = weight ? b.mul(y, b.reshape(weight.node, shape)) : y
  return bias ? b.add(scaled, b.reshape(bias.node, shape)) : scaled
}

export interface BatchNormOptions {
  readonly weight?: Tensor | null
  readonly bias?: Tensor | null
  /** Normalise by this batch and move the running statistics; else by the running statistics. Default false. */
  readonly training?: boolean
  /** Weight of this batch in the running statistics. Default 0.1. */
  readonly momentum?: number | Tensor
  /** Default 1e-5. */
  readonly eps?: number
}

/** Each channel of [N, C, ...] to mean 0 and variance 1, then weight and bias [C]. Running statistics are updated in place. */
export function batchNorm(
  input: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormOptions = {},
): Tensor {
  const { weight = null, bias = null, training = false, momentum = 0.1, eps = 1e-5 } = options
  const x = input.node
  const channels = x.shape[1]
  if (channels === undefined)
    throw new NablaError('shape', `[batchNorm] the input has shape ${showShape(x.shape)}; expected [N, C, ...]`, {
      shape: x.shape,
    })
  for (const [name, tensor] of Object.entries({ weight, bias, runningMean, runningVar }))
    if (tensor && !sameShape(tensor.shape, [channels]))
      throw new NablaError(
        'shape',
        `[batchNorm] ${name} has shape ${showShape(tensor.shape)}, but the input ${showShape(x.shape)} has ${channels} channels`,
        {
          input: x.shape,
          [name]: tensor.shape,
        },
      )
  const perChannel = x.shape.map((_, d) => (d === 1 ? channels : 1))
  if (!training) {
    if (!runningMean || !runningVar) throw new NablaError('argument', '[batchNorm] without training it needs running statistics')
    const scale = b.div(1, b.sqrt(b.add(runningVar.node, eps)))
    const y = b.mul(b.sub(x, b.reshape(runningMean.node, perChannel)), b.reshape(scale, perChannel))
    return new Tensor(affine(y, weight, bias, perChannel))
  }
  const dims = x.shape.flatMap((_, d) => (d === 1 ? [] : [d]))
  const n = count(x.shape, dims)
  if (n <= 1)
    throw new NablaError(
      'shape',
      `[batchNorm] training needs more than one value per channel, but the input is ${showShape(x.shape)}`,
      { shape: x.shape },
    )
  const { y, found } = standardize('batchNorm', x, dims, eps)
  untracked(() => {
    const [m, rest] = typeof momentum === 'number' ? [momentum, 1 - momentum] : [momentum.node, b.sub(1, momentum.node)]
    const moved = (held: Node, batch: Node) => b.add(b.mul(held, rest), b.mul(b.reshape(batch, [channels]), m))
    runningMean?.adopt(moved(runningMean.node, found.mean))
    runningVar?.adopt(moved(runningVar.node, b.mul(found.variance, n / (n - 1))))
  })
  return new Tensor(affine(y, weight, bias, perChannel))
}

export interface LayerNormOptions {
  readonly weight?: Tensor | null
  readonly bias?: Tensor | null
  /** Default 1e-5. */
  readonly eps?: number
}

/** The last dimensions (of shape `normalizedShape`) to mean 0 and variance 1, then weight and bias of that shape. */
export function layerNorm(input: Tensor, normalizedShape: Shape, options: LayerNormOptions = {}): Tensor {
  const x = input.node
  const first = x.shape.length - normalizedShape.length
  if (first < 0 || !sameShape(x.shape.slice(first), normalizedShape))
    throw new NablaError('shape', `[layerNorm] the input ${showShape(x.shape)} does not end in ${showShape(normalizedShape)}`, {
      input: x.shape,
      normalizedShape,
    })
  const { y } = standardize(
    'layerNorm',
    x,
    normalizedShape.map((_, i) => first + i),
    options.eps ?? 1e-5,
  )
  return new Tensor(affine(y, options.weight ?? null, options.bias ?? null, normalizedShape))
}
