/** Layers over images: convolution, pooling, padding, upsampling. */
import type { Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import type { Arguments, ModuleCall, ModuleTable } from '../call.js'
import { camelOptions } from '../names.js'

/** A class that takes the named arguments in order, and the others as options. */
function layer(name: keyof typeof nn, ...positional: readonly string[]): [string, ModuleCall] {
  const Layer = nn[name] as unknown as new (...args: unknown[]) => nn.Module
  const build = (kwargs: Arguments): nn.Module => {
    const options = Object.fromEntries(
      Object.entries(kwargs).filter(([key, value]) => !positional.includes(key) && value !== null && key !== 'device'),
    )
    return new Layer(...positional.map((key) => kwargs[key]), camelOptions(options))
  }
  return [`torch.nn.${name}`, { build }]
}

/** What gives values with their indices. */
function pooling(name: keyof typeof nn, ...positional: readonly string[]): [string, ModuleCall] {
  const [key, { build }] = layer(name, ...positional)
  const forward: NonNullable<ModuleCall['forward']> = (module, { input }) => {
    const result = (module as unknown as nn.MaxPool2d<boolean>).forward(input) as Tensor | nn.functional.WithIndices
    return 'indices' in result ? [result.values, result.indices] : result
  }
  return [key, { build, forward }]
}

/** What is handed indices, and maybe the size of its result. */
function unpooling(name: keyof typeof nn): [string, ModuleCall] {
  const [key, { build }] = layer(name, 'kernel_size')
  return [
    key,
    {
      build,
      forward: (module, { input, indices, output_size }) => (module as nn.MaxUnpool2d).forward(input, indices, output_size),
    },
  ]
}

/** What may be handed the size of its result. */
function transposed(name: keyof typeof nn): [string, ModuleCall] {
  const [key, { build }] = layer(name, ...conv)
  return [key, { build, forward: (module, { input, output_size }) => (module as nn.ConvTranspose2d).forward(input, output_size) }]
}

const conv = ['in_channels', 'out_channels', 'kernel_size']

export const layersSpatial: ModuleTable = Object.fromEntries([
  layer('Conv1d', ...conv),
  layer('Conv2d', ...conv),
  layer('Conv3d', ...conv),
  transposed('ConvTranspose1d'),
  transposed('ConvTranspose2d'),
  transposed('ConvTranspose3d'),
  pooling('MaxPool1d', 'kernel_size'),
  pooling('MaxPool2d', 'kernel_size'),
  pooling('MaxPool3d', 'kernel_size'),
  unpooling('MaxUnpool1d'),
  unpooling('MaxUnpool2d'),
  unpooling('MaxUnpool3d'),
  layer('AvgPool1d', 'kernel_size'),
  layer('AvgPool2d', 'kernel_size'),
  layer('AvgPool3d', 'kernel_size'),
  layer('LPPool1d', 'norm_type', 'kernel_size'),
  layer('LPPool2d', 'norm_type', 'kernel_size'),
  layer('AdaptiveAvgPool1d', 'output_size'),
  layer('AdaptiveAvgPool2d', 'output_size'),
  layer('AdaptiveAvgPool3d', 'output_size'),
  pooling('AdaptiveMaxPool1d', 'output_size'),
  pooling('AdaptiveMaxPool2d', 'output_size'),
  pooling('AdaptiveMaxPool3d', 'output_size'),
  layer('ConstantPad1d', 'padding', 'value'),
  layer('ConstantPad2d', 'padding', 'value'),
  layer('ConstantPad3d', 'padding', 'value'),
  layer('ZeroPad2d', 'padding'),
  layer('ReflectionPad1d', 'padding'),
  layer('ReflectionPad2d', 'padding'),
  layer('ReflectionPad3d', 'padding'),
  layer('ReplicationPad1d', 'padding'),
  layer('ReplicationPad2d', 'padding'),
  layer('ReplicationPad3d', 'padding'),
  layer('Upsample'),
  layer('UpsamplingNearest2d'),
  layer('UpsamplingBilinear2d'),
  layer('PixelShuffle', 'upscale_factor'),
  layer('PixelUnshuffle', 'downscale_factor'),
  layer('ChannelShuffle', 'groups'),
  layer('Unfold', 'kernel_size'),
  layer('Fold', 'output_size', 'kernel_size'),
])
