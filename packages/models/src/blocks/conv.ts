/** Blocks of plain convolutions. */
import * as nn from 'nabla/nn'

/** Two times 3 x 3 convolution and ReLU, the image keeping its size: the step of a U-Net. */
export const doubleConv = (inChannels: number, outChannels: number): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(inChannels, outChannels, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.Conv2d(outChannels, outChannels, 3, { padding: 1 }),
    new nn.ReLU(),
  )

/**
 * The convolutional part of a VGG network: for a number a 3 x 3 convolution to so many channels, with `batchNorm` its norm, and ReLU; for
 * 'M' a 2 x 2 max pool, for '-' a layer in its place that does nothing. Gives the layers and the channels that come out.
 */
export function vggFeatures(
  inChannels: number,
  config: readonly (number | 'M' | '-')[],
  { batchNorm = false }: { readonly batchNorm?: boolean } = {},
): { features: nn.Sequential; channels: number } {
  const features = new nn.Sequential()
  let channels = inChannels
  for (const item of config)
    if (item === 'M') features.append(new nn.MaxPool2d(2, { stride: 2 }))
    else if (item === '-') features.append(new nn.Identity())
    else {
      features.append(new nn.Conv2d(channels, item, 3, { padding: 1 }))
      if (batchNorm) features.append(new nn.BatchNorm2d(item))
      features.append(new nn.ReLU())
      channels = item
    }
  return { features, channels }
}
