/** Pooling. */
import type { Tensor } from 'nabla'
import { functional as f } from 'nabla/nn'
import type { Arguments, Call, CallTable } from '../call.js'
import { camelOptions, given } from '../names.js'

const optionsOf = (kwargs: Arguments): Arguments => camelOptions(given(kwargs))

/** Values alone, or values with their indices, in the order of PyTorch's pair. */
const pair = (result: Tensor | f.WithIndices): ReturnType<Call> =>
  'indices' in result ? [result.values, result.indices] : result

const max =
  (pool: f.MaxPool): Call =>
  ({ input, kernel_size, ...options }) =>
    pair(pool(input, kernel_size, optionsOf(options)))

const avg =
  (pool: typeof f.avgPool2d): Call =>
  ({ input, kernel_size, ...options }) =>
    pool(input, kernel_size, optionsOf(options))

const lp =
  (pool: typeof f.lpPool2d): Call =>
  ({ input, norm_type, kernel_size, ...options }) =>
    pool(input, norm_type, kernel_size, optionsOf(options))

const adaptiveAvg =
  (pool: typeof f.adaptiveAvgPool2d): Call =>
  ({ input, output_size }) =>
    pool(input, output_size)

const adaptiveMax =
  (pool: f.AdaptiveMaxPool): Call =>
  ({ input, output_size, ...options }) =>
    pair(pool(input, output_size, optionsOf(options)))

const unpool =
  (pool: f.MaxUnpool): Call =>
  ({ input, indices, kernel_size, ...options }) =>
    pool(input, indices, kernel_size, optionsOf(options))

const by = (name: string, calls: readonly Call[], dims: readonly number[] = [1, 2, 3]): CallTable =>
  Object.fromEntries(calls.map((call, i) => [`torch.nn.functional.${name}${dims[i]}d`, call]))

export const pool: CallTable = {
  ...by('max_pool', [max(f.maxPool1d), max(f.maxPool2d), max(f.maxPool3d)]),
  ...by('avg_pool', [avg(f.avgPool1d), avg(f.avgPool2d), avg(f.avgPool3d)]),
  ...by('lp_pool', [lp(f.lpPool1d), lp(f.lpPool2d)]),
  ...by('adaptive_avg_pool', [
    adaptiveAvg(f.adaptiveAvgPool1d),
    adaptiveAvg(f.adaptiveAvgPool2d),
    adaptiveAvg(f.adaptiveAvgPool3d),
  ]),
  ...by('adaptive_max_pool', [
    adaptiveMax(f.adaptiveMaxPool1d),
    adaptiveMax(f.adaptiveMaxPool2d),
    adaptiveMax(f.adaptiveMaxPool3d),
  ]),
  ...by('max_unpool', [unpool(f.maxUnpool1d), unpool(f.maxUnpool2d), unpool(f.maxUnpool3d)]),
}
