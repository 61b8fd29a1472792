/** Elements moved between channels and space; nothing is computed. */
import { NablaError, showShape } from '../../core/errors.js'
import type { Tensor } from '../../tensor/tensor.js'

function check(op: string, input: Tensor, name: string, factor: number, least: number): void {
  if (!Number.isInteger(factor) || factor < 1)
    throw new NablaError('argument', `[${op}] ${name} is ${factor}; expected a whole number of 1 or more`, { [name]: factor })
  if (input.shape.length < least)
    throw new NablaError('shape', `[${op}] needs ${least} dimensions or more, was given ${showShape(input.shape)}`, {
      shape: input.shape,
    })
}

/** [..., C r^2, H, W] to [..., C, H r, W r] (Shi et al., 2016): channel c r^2 + i r + j goes to the pixels (h r + i, w r + j). */
export function pixelShuffle(input: Tensor, upscaleFactor: number): Tensor {
  check('pixelShuffle', input, 'upscaleFactor', upscaleFactor, 3)
  const r = upscaleFactor
  const lead = input.shape.slice(0, -3)
  const [c, h, w] = input.shape.slice(-3) as [number, number, number]
  if (c % (r * r) !== 0)
    throw new NablaError(
      'shape',
      `[pixelShuffle] ${showShape(input.shape)} has ${c} channels, which ${r} squared does not divide`,
      { shape: input.shape, upscaleFactor },
    )
  const n = lead.length
  return input
    .reshape([...lead, c / (r * r), r, r, h, w])
    .permute([...lead.keys(), n, n + 3, n + 1, n + 4, n + 2])
    .reshape([...lead, c / (r * r), h * r, w * r])
}

/** [..., C, H r, W r] to [..., C r^2, H, W]: the inverse of `pixelShuffle`. */
export function pixelUnshuffle(input: Tensor, downscaleFactor: number): Tensor {
  check('pixelUnshuffle', input, 'downscaleFactor', downscaleFactor, 3)
  const r = downscaleFactor
  const lead = input.shape.slice(0, -3)
  const [c, h, w] = input.shape.slice(-3) as [number, number, number]
  if (h % r !== 0 || w % r !== 0)
    throw new NablaError('shape', `[pixelUnshuffle] ${r} does not divide height and width of ${showShape(input.shape)}`, {
      shape: input.shape,
      downscaleFactor,
    })
  const n = lead.length
  return input
    .reshape([...lead, c, h / r, r, w / r, r])
    .permute([...lead.keys(), n, n + 2, n + 4, n + 1, n + 3])
    .reshape([...lead, c * r * r, h / r, w / r])
}

/** [N, C, ...]: the channels, in `groups` rows, read column by column (Zhang et al., 2018), so that groups mix. */
export function channelShuffle(input: Tensor, groups: number): Tensor {
  check('channelShuffle', input, 'groups', groups, 3)
  const [n, c, ...space] = input.shape as [number, number, ...number[]]
  if (c % groups !== 0)
    throw new NablaError(
      'shape',
      `[channelShuffle] ${groups} groups do not divide the ${c} channels of ${showShape(input.shape)}`,
      {
        shape: input.shape,
        groups,
      },
    )
  return input
    .reshape([n, groups, c / groups, ...space])
    .transpose(1, 2)
    .reshape(input.shape)
}
