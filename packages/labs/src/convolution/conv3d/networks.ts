/**
 * One network, five ways of showing it a clip. Only what it sees of time differs.
 */
import { Conv3dNet } from '@nabla/models'
import type { Tensor } from 'nabla'
import { Module } from 'nabla/nn'

export type ViewKey = 'one_frame' | 'mean_frame' | 'each_frame' | 'channels' | 'conv3d'

interface View {
  readonly name: string
  /** What can be reached at best, by the clips' symmetries; undefined where all of it can. */
  readonly ceiling?: number
  /** From clips [N, 1, T, H, W] to what the network takes. */
  readonly look: (clips: Tensor) => Tensor
  /** Frames that the network takes as channels, and those that its kernels span. */
  readonly shape: (frames: number) => { readonly inChannels: number; readonly frames: number }
}

const flat = () => ({ inChannels: 1, frames: 1 }) as const

/**
 * A clip backwards has the same frames: whoever does not see their order confuses each way with its opposite, half of the time at best. One
 * frame alone is as likely for every way.
 */
export const views: Readonly<Record<ViewKey, View>> = {
  one_frame: {
    name: 'one frame, 3 x 3',
    ceiling: 1 / 8,
    look: (x) => x.narrow(2, Math.floor(x.size(2) / 2), 1), // [N, 1, 1, H, W]
    shape: flat,
  },
  mean_frame: {
    name: 'mean of the frames, 3 x 3',
    ceiling: 1 / 2,
    look: (x) => x.mean(2, { keepdim: true }), // [N, 1, 1, H, W]
    shape: flat,
  },
  each_frame: {
    name: 'every frame by itself, 1 x 3 x 3',
    ceiling: 1 / 2,
    look: (x) => x, // [N, 1, T, H, W]
    shape: flat,
  },
  channels: {
    name: 'frames as channels, 3 x 3',
    look: (x) => x.transpose(1, 2), // [N, T, 1, H, W]
    shape: (frames) => ({ inChannels: frames, frames: 1 }),
  },
  conv3d: {
    name: 'clip, 3 x 3 x 3',
    look: (x) => x, // [N, 1, T, H, W]
    shape: () => ({ inChannels: 1, frames: 3 }),
  },
}

/** The network behind a view: clips [N, 1, T, H, W] to logits. */
export class Viewer extends Module {
  readonly network: Conv3dNet

  constructor(
    private readonly key: ViewKey,
    options: { readonly frames: number; readonly width: number; readonly numClasses: number },
  ) {
    super()
    const { frames, ...rest } = options
    this.network = new Conv3dNet({ ...rest, ...views[key].shape(frames) })
  }

  override forward(clips: Tensor): Tensor {
    return this.network.forward(views[this.key].look(clips))
  }
}
