/** What can be set of every network of the zoo, and what every network of the zoo says of itself. */
import { NablaError, unknownName } from 'nabla'
import type * as nn from 'nabla/nn'

/** The kinds of stems: for images of about 224 pixels, or for small ones of 28 to 64. */
export type Stem = 'imagenet' | 'small'

/** Options of every network of the zoo. With none of them the network is torchvision's. */
export interface ZooOptions {
  /** Logits of the classifier. Default 1000. */
  readonly numClasses?: number
  /** Channels of the images. Default 3. */
  readonly inChannels?: number
  /** Factor of all channels and hidden widths, each rounded to a whole number of at least 1. Default 1. */
  readonly width?: number
  /**
   * How the network begins: 'imagenet' as published, 'small' without the first reductions, for images of 28 to 64 pixels; each network
   * says what it does then. Default 'imagenet'.
   */
  readonly stem?: Stem
  /** Probability of dropping a unit, for networks that have dropout; the others refuse it. Default as published. */
  readonly dropout?: number
}

/** Options after their defaults and checks. */
export interface ZooSettings extends Required<ZooOptions> {
  /** Published channels times `width`, rounded to a whole number of at least 1. */
  readonly scaled: (channels: number) => number
}

/** A network of the zoo: a module from images [N, inChannels, H, W] to logits [N, numClasses]. */
export interface ZooNetwork extends nn.Layer {
  /** Least height and width of the images. */
  readonly smallest: number
  /** Channels of the images. */
  readonly inChannels: number
  /** Path of the layer that gives the logits: the names of its weights begin with it ('fc', 'classifier.6'). */
  readonly head: string
  /** Paths of further layers that give logits, if there are any: classifiers in the middle of the network. */
  readonly furtherHeads?: readonly string[]
}

const stems: readonly Stem[] = ['imagenet', 'small']

const positiveInteger = (network: string, name: string, value: number): void => {
  if (!Number.isInteger(value) || value < 1)
    throw new NablaError('argument', `[${network}] ${name} must be a whole number of at least 1, not ${value}`, { [name]: value })
}

/**
 * Fills in the defaults of a network's options and checks them: counts that are no whole numbers of at least 1, a width that is not above
 * 0, a stem that does not exist, a dropout outside 0 to 1 or for a network without it are errors.
 * @param network name for the errors.
 * @param dropout the published probability; null for a network without dropout.
 */
export function zooSettings(network: string, options: ZooOptions = {}, dropout: number | null = null): ZooSettings {
  const { numClasses = 1000, inChannels = 3, width = 1, stem = 'imagenet' } = options
  positiveInteger(network, 'numClasses', numClasses)
  positiveInteger(network, 'inChannels', inChannels)
  if (!(width > 0 && width < Infinity))
    throw new NablaError('argument', `[${network}] width is the factor of all channels and must be above 0, not ${width}`, {
      width,
    })
  if (!stems.includes(stem)) throw unknownName('argument', `stem of ${network}`, stem, stems)
  if (options.dropout !== undefined && dropout === null)
    throw new NablaError('argument', `[${network}] has no dropout; leave out the option`, { dropout: options.dropout })
  const dropped = options.dropout ?? dropout ?? 0
  if (!(dropped >= 0 && dropped <= 1))
    throw new NablaError('argument', `[${network}] dropout is a probability between 0 and 1, not ${dropped}`, {
      dropout: dropped,
    })
  const scaled = (channels: number): number => Math.max(1, Math.round(channels * width))
  return { numClasses, inChannels, width, stem, dropout: dropped, scaled }
}
