/**
 * A small network for clips: convolutions over time, height and width.
 *
 * Source: Tran, Bourdev, Fergus, Torresani and Paluri, "Learning spatiotemporal features with 3D convolutional networks", 2015: windows of
 * 3 x 3 x 3 throughout, and a first pool that keeps time; batch norm is added, and a mean over the clip in place of its linear layers.
 */
import { NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { type ZooOptions, zooSettings } from './zoo/options.js'

/**
 * Options of the network: of the zoo's, `numClasses` is 10 and `inChannels` 1 unless told, `dropout` (0) is before the linear layer, and
 * `stem` changes nothing.
 */
export interface Conv3dNetOptions extends ZooOptions {
  /** Channels of the stages, before `width`. Default [16, 32, 64]. */
  readonly channels?: readonly number[]
  /** Extent of the windows in time, odd; 1 looks at each frame by itself. Default 3. */
  readonly frames?: number
}

/**
 * Stages of convolution, norm, ReLU and max pool; mean over time and image; linear. The first pool halves height and width, the others time
 * too while there is more than one frame. The smallest frames have 2 to the power of the stages, 8 of three.
 */
export class Conv3dNet extends nn.Module {
  readonly stages: nn.ModuleList<nn.Sequential>
  readonly dropout: nn.Dropout
  readonly fc: nn.Linear
  /** Least height and width of the frames; one frame is enough. */
  readonly smallest: number
  readonly inChannels: number
  readonly head = 'fc'

  constructor({ channels = [16, 32, 64], frames = 3, ...options }: Conv3dNetOptions = {}) {
    super()
    const { numClasses, inChannels, dropout, scaled } = zooSettings('Conv3dNet', { numClasses: 10, inChannels: 1, ...options }, 0)
    if (!channels.length || !channels.every((n) => Number.isInteger(n) && n > 0))
      throw new NablaError(
        'argument',
        `[Conv3dNet] channels are one or more whole numbers of at least 1, not [${channels.join(', ')}]`,
        {
          channels,
        },
      )
    if (!Number.isInteger(frames) || frames < 1 || frames % 2 === 0)
      throw new NablaError('argument', `[Conv3dNet] frames must be odd, not ${frames}`, { frames })
    const widths = channels.map(scaled)
    const stage = (outChannels: number, i: number): nn.Sequential =>
      new nn.Sequential(
        new nn.Conv3d(i ? widths[i - 1]! : inChannels, outChannels, [frames, 3, 3], {
          padding: [(frames - 1) / 2, 1, 1],
          bias: false,
        }),
        new nn.BatchNorm3d(outChannels),
        new nn.ReLU(),
      )
    this.stages = new nn.ModuleList(widths.map(stage))
    this.dropout = new nn.Dropout(dropout)
    this.fc = new nn.Linear(widths.at(-1)!, numClasses)
    this.smallest = 2 ** widths.length
    this.inChannels = inChannels
    for (const layer of this.modules()) if (layer instanceof nn.Conv3d) nn.init.kaimingNormal_(layer.weight)
  }

  /** @param x clips [N, inChannels, T, H, W] @returns logits [N, numClasses] */
  override forward(x: Tensor): Tensor {
    const { smallest, inChannels } = this
    const [, channels, time = 0, height = 0, width = 0] = x.shape
    if (x.ndim !== 5 || channels !== inChannels || time < 1 || Math.min(height, width) < smallest)
      throw new NablaError(
        'shape',
        `[Conv3dNet] expected clips [N, ${inChannels}, T, H, W] of 1 or more frames of at least ${smallest} x ${smallest}, got [${x.shape.join(', ')}]`,
        { shape: x.shape, smallest, inChannels },
      )
    for (const [i, stage] of [...this.stages].entries()) {
      x = stage.forward(x) //                                                         [N, c, t, h, w]
      x = nn.functional.maxPool3d(x, [i > 0 && x.shape[2]! > 1 ? 2 : 1, 2, 2]) //     [N, c, t / 2, h / 2, w / 2]
    }
    return this.fc.forward(this.dropout.forward(x.mean([2, 3, 4])))
  }
}

/** The small 3-d network: 70 thousand parameters with the defaults. */
export const conv3dNet = (options?: Conv3dNetOptions): Conv3dNet => new Conv3dNet(options)
