/**
 * The layers every network is made of. A layer is a pair of functions: `forward(x, ...)` gives what comes out and a cache, the values that the
 * way back will need; `backward(dout, cache)` takes the loss's gradient by what came out and gives its gradients by all that went in.
 *
 *     x, w, b --affine--> out --relu--> ... --loss--> L
 *     dx, dw, db <------ dout <------- ...  <-------- 1
 *
 * Nothing here asks autograd. Shapes stand at the ends of lines: N examples, D features in, M features out.
 */
import type { Tensor } from 'nabla'

/** What the affine layer keeps. */
export interface AffineCache {
  readonly x: Tensor
  readonly w: Tensor
}

/** out = x w + b, for x [N, d1, ..., dk] read as rows of D = d1 ... dk numbers, w [D, M] and b [M]: [N, M]. */
export function affineForward(x: Tensor, w: Tensor, b: Tensor): [out: Tensor, cache: AffineCache] {
  const out = x.flatten(1).matmul(w).add(b) // [N, M]
  return [out, { x, w }]
}

/**
 * out_nm = sum_d x_nd w_dm + b_m, so x_nd reaches the loss through all outputs of its row, w_dm through those of its column:
 *
 *     dx = dout wᵀ        dw = xᵀ dout        db = sum over n of dout
 */
export function affineBackward(dout: Tensor, { x, w }: AffineCache): { dx: Tensor; dw: Tensor; db: Tensor } {
  const dx = dout.matmul(w.t()).reshape(x.shape) // [N, d1, ..., dk]
  const dw = x.flatten(1).t().matmul(dout) // [D, M]
  const db = dout.sum(0) // [M]
  return { dx, dw, db }
}

/** out = max(0, x), element by element; any shape. What comes out is all that the way back needs: it is above 0 where x is. */
export function reluForward(x: Tensor): [out: Tensor, cache: Tensor] {
  const out = x.clamp(0)
  return [out, out]
}

/** The gradient passes where x > 0 and ends elsewhere; at 0, where there is none, it ends as well. */
export function reluBackward(dout: Tensor, out: Tensor): Tensor {
  return dout.mul(out.gt(0).type(dout.dtype)) // shape of x
}
