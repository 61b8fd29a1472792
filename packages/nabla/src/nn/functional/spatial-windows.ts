/**
 * Windows over space, as pooling and unfolding take them: their geometry, the view that opens them as further dimensions (which
 * costs nothing), and its adjoint.
 */
import { NablaError, showShape } from '../../core/errors.js'
import type { Shape } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { windowSpan } from '../../ops/window.js'
import { sizes, type Size } from './spatial.js'

/** Windows over the last dimensions of an input. */
export interface Windows {
  readonly kernel: number[]
  readonly stride: number[]
  readonly padding: number[]
  readonly dilation: number[]
  /** Extents of the input. */
  readonly space: readonly number[]
  /** How many windows there are along each dimension. */
  readonly out: number[]
  /** Elements added before and after each dimension of the input, so that every window fits. */
  readonly added: [number, number][]
}

/** How windows lie. */
export interface WindowOptions {
  readonly stride?: Size
  readonly padding?: Size
  readonly dilation?: Size
  readonly ceilMode?: boolean
}

/** The windows over an input with extents `space`; the stride is that of `options`. */
export function windowsOf(
  op: string,
  space: Shape,
  kernelSize: Size,
  options: WindowOptions & { readonly stride: Size },
): Windows {
  const count = space.length
  const kernel = sizes(op, 'kernelSize', kernelSize, count, 1)
  const stride = sizes(op, 'stride', options.stride, count, 1)
  const padding = sizes(op, 'padding', options.padding ?? 0, count, 0)
  const dilation = sizes(op, 'dilation', options.dilation ?? 1, count, 1)
  const out = space.map((n, i) => {
    const room = n + 2 * padding[i]! - windowSpan(kernel[i]!, dilation[i]!)
    let size = (options.ceilMode ? Math.ceil(room / stride[i]!) : Math.floor(room / stride[i]!)) + 1
    // A window may stick out, but must start inside of the input or its left padding.
    if (options.ceilMode && (size - 1) * stride[i]! >= n + padding[i]!) size--
    if (n < 1 || size < 1)
      throw new NablaError(
        'shape',
        `[${op}] windows of ${showShape(kernel)}${dilation.some((d) => d > 1) ? ` with dilation ${showShape(dilation)}` : ''} do not fit into ${showShape(space)} with padding ${showShape(padding)}`,
        { op, space, kernel, dilation, padding },
      )
    return size
  })
  const added = space.map((n, i): [number, number] => {
    const needed = (out[i]! - 1) * stride[i]! + windowSpan(kernel[i]!, dilation[i]!)
    return [padding[i]!, Math.max(0, needed - n - padding[i]!)]
  })
  return { kernel, stride, padding, dilation, space, out, added }
}

/** [..., ...space] with the border that the windows reach into. */
const padded = (a: Node, w: Windows, value: number): Node =>
  w.added.every(([lo, hi]) => lo + hi === 0)
    ? a
    : b.pad(a, [...a.shape.slice(0, -w.space.length).map((): [number, number] => [0, 0]), ...w.added], value)

/** [..., ...space] to [..., ...out, ...kernel]; what lies outside is `value`. */
export function opened(a: Node, w: Windows, value: number): Node {
  const first = a.shape.length - w.space.length
  return w.kernel.reduce((node, size, i) => b.window(node, first + i, size, w.stride[i]!, w.dilation[i]!), padded(a, w, value))
}

/** The adjoint of `opened`: [..., ...out, ...kernel] added up where the windows lie, [..., ...space]. */
export function closed(a: Node, w: Windows): Node {
  const first = a.shape.length - 2 * w.space.length
  const lead = a.shape.slice(0, first).map((_, d) => d)
  const space = w.space.map((_, i) => first + i)
  // The kernel's dimensions wait before those of the space; in each step the first of them goes last, where its windows are added up.
  let whole = b.permute(a, [...lead, ...space.map((d) => d + space.length), ...space])
  w.space.forEach((n, i) => {
    const extent = n + w.added[i]![0] + w.added[i]![1]
    const rank = whole.shape.length
    const turned = b.permute(whole, [...lead, ...Array.from({ length: rank - 1 - first }, (_, d) => first + 1 + d), first])
    whole = b.fold(turned, rank - 1 - space.length + i, extent, w.stride[i]!, w.dilation[i]!)
  })
  return b.slice(whole, [
    ...whole.shape.slice(0, first).map((n) => ({ start: 0, stop: n, step: 1 })),
    ...w.space.map((n, i) => ({ start: w.added[i]![0], stop: w.added[i]![0] + n, step: 1 })),
  ])
}
