/** Interpolation and grid sampling, and what moves elements between channels and space. */
import { functional as f } from 'nabla/nn'
import type { CallTable } from '../call.js'
import { camelOptions } from '../names.js'

export const resample: CallTable = {
  'torch.nn.functional.interpolate': ({ input, ...options }) => f.interpolate(input, camelOptions(options)),
  'torch.nn.functional.upsample': ({ input, ...options }) => f.interpolate(input, camelOptions(options)),
  'torch.nn.functional.grid_sample': ({ input, grid, ...options }) => f.gridSample(input, grid, camelOptions(options)),
  'torch.nn.functional.affine_grid': ({ theta, size, ...options }) => f.affineGrid(theta, size, camelOptions(options)),
  'torch.nn.functional.pixel_shuffle': ({ input, upscale_factor }) => f.pixelShuffle(input, upscale_factor),
  'torch.nn.functional.pixel_unshuffle': ({ input, downscale_factor }) => f.pixelUnshuffle(input, downscale_factor),
  'torch.nn.functional.channel_shuffle': ({ input, groups }) => f.channelShuffle(input, groups),
  'torch.nn.functional.unfold': ({ input, kernel_size, ...options }) => f.unfold(input, kernel_size, camelOptions(options)),
  'torch.nn.functional.fold': ({ input, output_size, kernel_size, ...options }) =>
    f.fold(input, output_size, kernel_size, camelOptions(options)),
}
