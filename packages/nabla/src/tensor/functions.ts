/** Functions of several tensors: what is not one tensor's method. */
import { builder as b } from '../ops/builder.js'
import { NablaError } from '../core/errors.js'
import { broadcastShapes } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { einsum as einsumNode } from './einsum.js'
import { type Operand, operand, truth } from './methods-elementwise.js'
import * as shapes from './shapes.js'
import { Tensor } from './tensor.js'

const nodesOf = (tensors: readonly Tensor[]): Node[] => tensors.map((tensor) => tensor.node)

/** Tensors one after the other along `dim`; all other extents are equal. */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  const nodes = nodesOf(tensors)
  const out = shapes.cat(nodes, dim)
  if (nodes.includes(out)) out.exposed = true
  return new Tensor(out)
}

/** Tensors of one shape along a new dimension. */
export const stack = (tensors: readonly Tensor[], dim = 0): Tensor => new Tensor(shapes.stack(nodesOf(tensors), dim))

/** `a` where `condition` (a bool tensor) holds, else `b`; shapes broadcast. */
export function where(condition: Tensor, a: Operand, c: Operand): Tensor {
  return new Tensor(b.where(truth('where', condition), operand(a), operand(c)))
}

export const matmul = (a: Tensor, c: Tensor): Tensor => a.matmul(c)
export const maximum = (a: Tensor, c: Operand): Tensor => a.maximum(c)
export const minimum = (a: Tensor, c: Operand): Tensor => a.minimum(c)

/** Einstein's summation: `einsum('bij,bjk->bik', x, y)`. */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  const nodes = nodesOf(operands)
  const out = einsumNode(equation, nodes)
  if (nodes.includes(out)) out.exposed = true
  return new Tensor(out)
}

/** a [m] and b [n] to [m, n], every product. */
export const outer = (a: Tensor, c: Tensor): Tensor => a.unsqueeze(1).mul(c.unsqueeze(0))

/** All tensors expanded to the shape that they broadcast to. */
export function broadcastTensors(...tensors: readonly Tensor[]): Tensor[] {
  const shape = broadcastShapes('broadcastTensors', ...tensors.map((t) => t.shape))
  return tensors.map((t) => t.expand(shape))
}

/** Coordinates of a grid with the given axes: for [m] and [n] two [m, n] (`indexing` 'ij', default) or two [n, m] ('xy'). */
export function meshgrid(axes: readonly Tensor[], indexing: 'ij' | 'xy' = 'ij'): Tensor[] {
  if (indexing === 'xy' && axes.length >= 2) {
    const [first, second, ...rest] = axes as [Tensor, Tensor, ...Tensor[]]
    const [y, x, ...others] = meshgrid([second, first, ...rest]) as [Tensor, Tensor, ...Tensor[]]
    return [x, y, ...others]
  }
  const shape = axes.map((axis) => axis.numel)
  return axes.map((axis, d) => axis.reshape(shape.map((n, i) => (i === d ? n : 1))).expand(shape))
}

/** True if all elements are close, as `isclose`. Reads the values. */
export async function allclose(
  a: Tensor,
  c: Tensor,
  options: { readonly rtol?: number; readonly atol?: number; readonly equalNan?: boolean } = {},
): Promise<boolean> {
  if (a.device !== c.device)
    throw new NablaError('device', `[allclose] tensors are on ${a.device} and ${c.device}; move one: x.to('${a.device}')`)
  return (await a.isclose(c, options).all().item()) !== 0
}

/** The gradients' total norm, scaled down in place to `maxNorm` at most; returns the norm before. As PyTorch's `clip_grad_norm_`. */
export function clipGradNorm_(parameters: Iterable<Tensor>, maxNorm: number, p = 2): Tensor {
  const grads = [...parameters].flatMap((parameter) => (parameter.grad ? [parameter.grad] : []))
  if (grads.length === 0) throw new NablaError('autograd', '[clipGradNorm_] no parameter has a gradient; call backward() first')
  const norms = stack(grads.map((grad) => grad.detach().norm(p)))
  const total = norms.norm(p)
  const scale = total.add(1e-6).reciprocal().mul(maxNorm).clamp(undefined, 1)
  for (const grad of grads) grad.mul_(scale)
  return total
}
