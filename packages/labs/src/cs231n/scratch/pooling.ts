/** Max pooling of images [N, C, H, W]: the largest number of each window, by loops for any window, and by a reshape where windows tile the image. */
import { NablaError, type Tensor, tensor } from 'nabla'

export interface PoolOptions {
  readonly poolHeight: number
  readonly poolWidth: number
  /** From one window to the next. */
  readonly stride: number
}

type Four = [number, number, number, number]

function outputSize({ shape }: Tensor, { poolHeight, poolWidth, stride }: PoolOptions): [height: number, width: number] {
  const [, , h, w] = shape as Four
  const [height, width] = [1 + (h - poolHeight) / stride, 1 + (w - poolWidth) / stride]
  if (Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0) return [height, width]
  throw new NablaError(
    'shape',
    `[maxPool] windows of ${poolHeight} x ${poolWidth} with stride ${stride} do not fill images [${shape.join(', ')}]`,
    { shape, poolHeight, poolWidth, stride },
  )
}

export interface NaivePoolCache {
  readonly x: Tensor
  /** Where each window's largest number lies; the first of equals. */
  readonly places: Int32Array
}

/** By loops over plain numbers; waits for the values of x. */
export function maxPoolForwardNaive(x: Tensor, options: PoolOptions): [out: Tensor, cache: NaivePoolCache] {
  const [n, c, height, width] = x.shape as Four
  const [rows, columns] = outputSize(x, options)
  const pixels = x.dataSync()
  const places = new Int32Array(n * c * rows * columns)
  let at = 0
  for (let plane = 0; plane < n * c; plane++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const corner = (plane * height + i * options.stride) * width + j * options.stride
        let largest = corner
        for (let u = 0; u < options.poolHeight; u++)
          for (let v = 0; v < options.poolWidth; v++)
            if (pixels[corner + u * width + v]! > pixels[largest]!) largest = corner + u * width + v
        places[at++] = largest
      }
  const out = pixels.slice(0, places.length)
  places.forEach((place, i) => {
    out[i] = pixels[place]!
  })
  return [tensor(out, { shape: [n, c, rows, columns], device: x.device }), { x, places }]
}

/** The gradient goes to where the largest number was; windows may overlap, so it is added. */
export function maxPoolBackwardNaive(dout: Tensor, { x, places }: NaivePoolCache): Tensor {
  const upstream = dout.dataSync()
  const dx = x.dataSync().slice().fill(0)
  places.forEach((place, i) => {
    dx[place] = dx[place]! + upstream[i]!
  })
  return tensor(dx, { shape: x.shape, device: x.device })
}

export interface FastPoolCache {
  /** [N, C, H', poolHeight, W', poolWidth] */
  readonly windows: Tensor
  /** [N, C, H', 1, W', 1] */
  readonly largest: Tensor
}

/** Whether windows tile the image, so that the fast form serves. */
export const tiles = ({ shape }: Tensor, { poolHeight, poolWidth, stride }: PoolOptions): boolean =>
  poolHeight === stride && poolWidth === stride && shape[2]! % stride === 0 && shape[3]! % stride === 0

/** H = H' poolHeight and W = W' poolWidth: as six dimensions, windows are two of them, and the rest is one maximum. */
export function maxPoolForwardFast(x: Tensor, options: PoolOptions): [out: Tensor, cache: FastPoolCache] {
  if (!tiles(x, options))
    throw new NablaError(
      'argument',
      `[maxPoolForwardFast] windows of ${options.poolHeight} x ${options.poolWidth} with stride ${options.stride} do not tile images [${x.shape.join(', ')}]; use maxPoolForwardNaive`,
      { ...options, shape: x.shape },
    )
  const [n, c] = x.shape as Four
  const [rows, columns] = outputSize(x, options)
  const windows = x.reshape([n, c, rows, options.poolHeight, columns, options.poolWidth]) // [N, C, H', ph, W', pw]
  const largest = windows.amax([3, 5], { keepdim: true }) // [N, C, H', 1, W', 1]
  return [largest.reshape([n, c, rows, columns]), { windows, largest }]
}

/** Equal largest numbers of a window share its gradient. */
export function maxPoolBackwardFast(dout: Tensor, { windows, largest }: FastPoolCache): Tensor {
  const [n, c, rows, ph, columns, pw] = windows.shape as [number, number, number, number, number, number]
  const winners = windows.eq(largest).type(dout.dtype) // [N, C, H', ph, W', pw]
  const share = dout.reshape(largest.shape).div(winners.sum([3, 5], { keepdim: true })) // [N, C, H', 1, W', 1]
  return winners.mul(share).reshape([n, c, rows * ph, columns * pw]) // [N, C, H, W]
}
