/**
 * Convolution of images x [N, C, H, W] with filters w [F, C, HH, WW] and biases b [F], twice: as its definition says, seven loops deep, and as one matrix product.
 *
 *     out_nfij = b_f + sum over c, u, v of x_nc(i s + u - pad)(j s + v - pad) w_fcuv        H' = 1 + (H + 2 pad - HH) / stride
 */
import { NablaError, type Tensor, tensor, type TypedArray } from 'nabla'
import { functional as F } from 'nabla/nn'

export interface ConvolutionOptions {
  /** From one window to the next. */
  readonly stride: number
  /** Zeros around the image. */
  readonly pad: number
}

export interface ConvolutionGradients {
  readonly dx: Tensor
  readonly dw: Tensor
  readonly db: Tensor
}

type Four = [number, number, number, number]

/** Rows and columns of what comes out. */
function outputSize(x: Tensor, w: Tensor, { stride, pad }: ConvolutionOptions): [height: number, width: number] {
  const [[, c, h, wide], [, depth, hh, ww]] = [x.shape as Four, w.shape as Four]
  const [height, width] = [1 + (h + 2 * pad - hh) / stride, 1 + (wide + 2 * pad - ww) / stride]
  if (c === depth && Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0) return [height, width]
  throw new NablaError(
    'shape',
    `[convolution] filters [${w.shape.join(', ')}] with stride ${stride} and pad ${pad} do not fit images [${x.shape.join(', ')}]; channels must be equal and windows end at the border`,
    { x: x.shape, w: w.shape, stride, pad },
  )
}

// ---- As it is defined -----------------------------------------------------------------------------------------------------------

export interface NaiveCache extends ConvolutionOptions {
  readonly x: Tensor
  readonly w: Tensor
}

const floats = (like: Tensor, size: number): TypedArray =>
  like.dtype === 'float64' ? new Float64Array(size) : new Float32Array(size)

/** Calls `visit` for every product of the sum: where its pixel, its weight and its result lie in memory. */
function everyProduct(
  x: Tensor,
  w: Tensor,
  { stride, pad }: ConvolutionOptions,
  visit: (pixel: number, weight: number, result: number) => void,
): void {
  const [[n, c, height, width], [f, , hh, ww]] = [x.shape as Four, w.shape as Four]
  const [rows, columns] = outputSize(x, w, { stride, pad })
  for (let image = 0; image < n; image++)
    for (let filter = 0; filter < f; filter++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++)
          for (let channel = 0; channel < c; channel++)
            for (let u = 0; u < hh; u++)
              for (let v = 0; v < ww; v++) {
                const [row, column] = [i * stride + u - pad, j * stride + v - pad]
                if (row < 0 || row >= height || column < 0 || column >= width) continue // a zero of the border
                visit(
                  ((image * c + channel) * height + row) * width + column,
                  ((filter * c + channel) * hh + u) * ww + v,
                  ((image * f + filter) * rows + i) * columns + j,
                )
              }
}

/** By loops over plain numbers; waits for the values of x, w and b. */
export function convForwardNaive(x: Tensor, w: Tensor, b: Tensor, options: ConvolutionOptions): [out: Tensor, cache: NaiveCache] {
  const shape = [x.shape[0]!, w.shape[0]!, ...outputSize(x, w, options)]
  const [pixels, weights, biases] = [x.dataSync(), w.dataSync(), b.dataSync()]
  const plane = shape[2]! * shape[3]!
  const out = floats(x, shape[0]! * shape[1]! * plane)
  for (let i = 0; i < out.length; i++) out[i] = biases[Math.floor(i / plane) % biases.length]!
  everyProduct(x, w, options, (pixel, weight, result) => {
    out[result] = out[result]! + pixels[pixel]! * weights[weight]!
  })
  return [tensor(out, { shape, device: x.device }), { x, w, ...options }]
}

/** Every product out += x w gives its gradient to both of its factors: dx += dout w, dw += dout x. */
export function convBackwardNaive(dout: Tensor, { x, w, ...options }: NaiveCache): ConvolutionGradients {
  const [pixels, weights, upstream] = [x.dataSync(), w.dataSync(), dout.dataSync()]
  const [dx, dw, db] = [floats(x, x.numel), floats(x, w.numel), floats(x, w.shape[0]!)]
  everyProduct(x, w, options, (pixel, weight, result) => {
    dx[pixel] = dx[pixel]! + upstream[result]! * weights[weight]!
    dw[weight] = dw[weight]! + upstream[result]! * pixels[pixel]!
  })
  const plane = dout.shape[2]! * dout.shape[3]!
  for (let i = 0; i < upstream.length; i++) {
    const filter = Math.floor(i / plane) % db.length
    db[filter] = db[filter]! + upstream[i]!
  }
  const { device } = x
  return {
    dx: tensor(dx, { shape: x.shape, device }),
    dw: tensor(dw, { shape: w.shape, device }),
    db: tensor(db, { device }),
  }
}

// ---- As a matrix product --------------------------------------------------------------------------------------------------------

export interface Im2colCache extends ConvolutionOptions {
  /** [N, C HH WW, H' W'] */
  readonly columns: Tensor
  readonly w: Tensor
  /** [N, C, H, W] */
  readonly shape: readonly number[]
}

/**
 * im2col: each window becomes a column of C HH WW numbers, each filter a row, and all windows meet all filters in one product. A pixel is copied as often as windows
 * see it: memory is paid for speed.
 */
export function convForwardIm2col(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  { stride, pad }: ConvolutionOptions,
): [out: Tensor, cache: Im2colCache] {
  const [n, filters] = [x.shape[0]!, w.shape[0]!]
  const [height, width] = outputSize(x, w, { stride, pad })
  const columns = F.unfold(x, w.shape.slice(2) as [number, number], { stride, padding: pad }) // [N, C HH WW, H' W']
  const products = w.flatten(1).matmul(columns) // [F, C HH WW] x [N, C HH WW, H' W'] = [N, F, H' W']
  const out = products.reshape([n, filters, height, width]).add(b.reshape([filters, 1, 1])) // [N, F, H', W']
  return [out, { columns, w, shape: x.shape, stride, pad }]
}

/** The affine layer's gradients; what belongs to a column goes back to the pixels it was copied from, and copies of a pixel add up (col2im). */
export function convBackwardIm2col(dout: Tensor, { columns, w, shape, stride, pad }: Im2colCache): ConvolutionGradients {
  const upstream = dout.flatten(2) // [N, F, H' W']
  const db = dout.sum([0, 2, 3]) // [F]
  const dw = upstream.matmul(columns.transpose(1, 2)).sum(0).reshape(w.shape) // sum over n of [F, H' W'] x [H' W', C HH WW]
  const dColumns = w.flatten(1).t().matmul(upstream) // [N, C HH WW, H' W']
  const [size, window] = [shape.slice(2), w.shape.slice(2)] as [number, number][]
  const dx = F.fold(dColumns, size!, window!, { stride, padding: pad }) // [N, C, H, W]
  return { dx, dw, db }
}
