/** The check of what a network of the zoo is given. */
import { NablaError, type Tensor } from 'nabla'
import type { ZooNetwork } from './options.js'

/**
 * Throws unless `x` is a batch of images [N, inChannels, H, W] with height and width of at least the network's smallest. The error says
 * the network, what was given and what is expected.
 *
 *     forward(x: Tensor): Tensor {
 *       checkImage('AlexNet', x, this)
 */
export function checkImage(
  network: string,
  x: Tensor,
  { smallest, inChannels }: Pick<ZooNetwork, 'smallest' | 'inChannels'>,
): void {
  const shape = x.shape
  const [, channels = 0, height = 0, width = 0] = shape
  const expected = `[N, ${inChannels}, H, W]`
  const fail = (what: string): never => {
    throw new NablaError('shape', `[${network}] ${what}`, { shape, smallest, inChannels })
  }
  const single = shape.length === 3 ? '; make a single image a batch with unsqueeze(0)' : ''
  if (shape.length !== 4) fail(`expected images ${expected}, got [${shape.join(', ')}]${single}`)
  if (channels !== inChannels)
    fail(`images [${shape.join(', ')}] have ${channels} channels, expected ${expected}; the option inChannels sets it`)
  if (Math.min(height, width) < smallest)
    fail(`images of ${height} x ${width} are too small: the smallest are ${smallest} x ${smallest}; resize them first`)
}
